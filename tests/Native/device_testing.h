// Searches on the emulated GPU, compared with the CPU's.
#pragma once
#include "emulator/faults.h"
#include <memory>

#include "testing.h"

namespace testing {

// Both instruction sets: device 0 is Ampere, device 1 Volta.
inline constexpr int32_t devices[] = {0, 1};

class TestSet {
public:
    TestSet(int32_t device, const std::vector<cfn_bank>& banks) {
        if (cfn_device_set_create(device, banks.data(), static_cast<uint32_t>(banks.size()), &handle) != CFN_OK) throw Failure(message());
    }
    ~TestSet() { cfn_device_set_destroy(handle); }
    TestSet(const TestSet&) = delete;
    TestSet& operator=(const TestSet&) = delete;
    cfn_device_set handle = 0;
};

inline cfn_device_query device_request(uint32_t bank, const std::vector<float>& queries, std::size_t d, Result& out, int32_t exclude = -1) {
    return {sizeof(cfn_device_query), bank,          CFN_FLOAT32, exclude, queries.data(), queries.size(), queries.size() / d,
            out.similarity.data(),    out.row.data()};
}

inline void append(TestBank& bank, const std::vector<float>& rows, std::size_t d) {
    if (cfn_bank_append(bank.handle, CFN_FLOAT32, rows.data(), rows.size(), rows.size() / d, nullptr, nullptr) != CFN_OK)
        throw Failure(message());
}

// Every entry has the CPU's bits.
inline void check_same(const Result& cpu, const Result& gpu, const std::string& what) {
    for (std::size_t q = 0; q < cpu.row.size(); ++q)
        CHECK_THAT(
            cpu.row[q] == gpu.row[q] && cpu.similarity[q] == gpu.similarity[q], what, ", query ", q, ": row ", gpu.row[q], " at ",
            gpu.similarity[q], ", on the CPU ", cpu.row[q], " at ", cpu.similarity[q]
        );
}

// One bank, one search, on all devices and on the CPU.
inline void check_devices(TestBank& bank, const std::vector<float>& queries, std::size_t d, int32_t exclude = -1) {
    const std::size_t count = queries.size() / d;
    Result cpu(count);
    const cfn_search search = request(queries, d, cpu, 1, exclude);
    CHECK_STATUS(CFN_OK, cfn_bank_search(bank.handle, &search));
    for (int32_t device : devices) {
        const TestSet set(device, {bank.handle});
        Result gpu(count);
        const cfn_device_query query = device_request(0, queries, d, gpu, exclude);
        CHECK_STATUS(CFN_OK, cfn_device_set_search_host(set.handle, &query, 1));
        check_same(cpu, gpu, text("device ", device, ", ", count, " queries of ", d));
    }
}

} // namespace testing
