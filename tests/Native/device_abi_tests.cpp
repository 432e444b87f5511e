// What callers and devices do wrong, at the ABI: a status and a message, and nothing left behind.
#include <cstddef>
#include <cstring>
#include <limits>

#include "../../src/Native/abi/guard.h"
#include "../../src/Native/cuda/host/images.h"
#include "../../src/Native/cuda/host/plan.h"
#include "device_testing.h"

using namespace testing;

extern "C" {
int cuMemAlloc_v2(unsigned long long* address, std::size_t bytes);
int cuMemFree_v2(unsigned long long address);
}

namespace {

// Values in the emulated GPU's memory.
class OnDevice {
public:
    explicit OnDevice(const std::vector<float>& values) {
        if (cuMemAlloc_v2(&address_, values.size() * sizeof(float)) != 0) throw Failure("no memory");
        std::memcpy(reinterpret_cast<void*>(address_), values.data(), values.size() * sizeof(float));
    }
    ~OnDevice() { cuMemFree_v2(address_); }
    OnDevice(const OnDevice&) = delete;
    OnDevice& operator=(const OnDevice&) = delete;
    const void* values() const { return reinterpret_cast<const void*>(address_); }

private:
    unsigned long long address_ = 0;
};

bool says(const char* words) { return message().find(words) != std::string::npos; }

// A set over one bank of two images, and a search of it that succeeds.
struct Ready {
    struct Filled : TestBank {
        Filled() : TestBank(2) {
            append(*this, {1, 0, 0, 1}, 2);
            append(*this, {1, 1}, 2);
        }
    };
    Filled bank;
    TestSet set{0, {bank.handle}};
    std::vector<float> queries{1, 0, 0, 1};
    Result out{2};
    cfn_device_query query = device_request(0, queries, 2, out);
};

} // namespace

TEST(DeviceProbe_EmulatedGpus_TellsWhatTheyAre) {
    cfn_device_info info{};
    info.struct_size = sizeof info;
    CHECK_STATUS(CFN_OK, cfn_device_probe(1, &info));
    CHECK(info.devices == 2 && info.driver_version == 11080 && info.compute_capability == 72 && info.memory == 1u << 30);
    CHECK(std::string(info.name) == "Emulated Xavier" && std::string(info.kernels) == "sm_72");
    CHECK_STATUS(CFN_NO_DEVICE, cfn_device_probe(2, &info));
    CHECK(says("no GPU 2") && info.devices == 2);
    CHECK_STATUS(CFN_NO_DEVICE, cfn_device_probe(-1, &info));
    CHECK_STATUS(CFN_BAD_ARGUMENT, cfn_device_probe(0, nullptr));
    info.struct_size = 1;
    CHECK_STATUS(CFN_BAD_ARGUMENT, cfn_device_probe(0, &info));
}

TEST(DeviceImage_OfAllThereAre_FitsTheGpu) {
    using cfn::cuda::Image;
    const Image all[] = {{"sm_80", 80, false, ""}, {"compute_70", 70, true, ""}, {"compute_80", 80, true, ""}};
    CHECK(std::string(image_for(all, 80, 11040).name) == "sm_80");
    CHECK(std::string(image_for(all, 75, 12000).name) == "compute_70");
    CHECK(std::string(image_for(all, 120, 13000).name) == "compute_80");
    const auto refused = [&](std::span<const Image> images, int capability, int driver) {
        return cfn::guarded([&] { image_for(images, capability, driver); }) == CFN_NO_DEVICE;
    };
    CHECK(refused(all, 86, 11070) && says("is of CUDA 11.7") && says("CUDA 11.8 or later"));
    CHECK(refused(all, 80, 10020) && says("CUDA 11.0 or later"));
    CHECK(refused(all, 62, 12000) && says("6.2 is too low"));
    CHECK(refused({}, 80, 12000) && says("not built in"));
}

TEST(DeviceSet_BadArguments_AreRefused) {
    TestBank bank(2);
    cfn_device_set set = 0;
    const cfn_bank banks[] = {bank.handle, 12345};
    CHECK_STATUS(CFN_BAD_ARGUMENT, cfn_device_set_create(0, nullptr, 1, &set));
    CHECK_STATUS(CFN_BAD_ARGUMENT, cfn_device_set_create(0, banks, 0, &set));
    CHECK_STATUS(CFN_BAD_ARGUMENT, cfn_device_set_create(0, banks, CFN_MAX_DEVICE_BANKS + 1, &set));
    CHECK_STATUS(CFN_BAD_ARGUMENT, cfn_device_set_create(0, banks, 1, nullptr));
    CHECK_STATUS(CFN_BAD_HANDLE, cfn_device_set_create(0, banks, 2, &set));
    CHECK_STATUS(CFN_NO_DEVICE, cfn_device_set_create(2, banks, 1, &set));
    CHECK(set == 0 && fake_leftovers() == 0);
}

TEST(DeviceSearch_BadArguments_AreRefused) {
    Ready ready;
    const auto refused = [&](auto change, cfn_status status = CFN_BAD_ARGUMENT) {
        cfn_device_query bad = ready.query;
        change(bad);
        CHECK_STATUS(status, cfn_device_set_search_host(ready.set.handle, &bad, 1));
        if (status != CFN_BAD_VECTOR) CHECK_STATUS(status, cfn_device_set_search(ready.set.handle, &bad, 1, nullptr));
    };
    refused([](cfn_device_query& q) { q.struct_size = 55; });
    refused([](cfn_device_query& q) { q.bank = 1; });
    refused([](cfn_device_query& q) { q.format = 2; });
    refused([](cfn_device_query& q) { q.queries = nullptr; });
    refused([](cfn_device_query& q) { q.query_values = 3; });
    refused([](cfn_device_query& q) { q.query_count = 1; });
    CHECK(says("1 queries of dimension 2 are 2 values, but 4 are given"));
    refused([](cfn_device_query& q) { q.query_count = uint64_t{1} << 63, q.query_values = 0; });
    refused([](cfn_device_query& q) { q.similarity = nullptr; });
    refused([](cfn_device_query& q) { q.exclude_image = -2; });
    refused([](cfn_device_query& q) { q.exclude_image = 2; });
    const float zero[] = {1, 0, 0, 0}, nan[] = {1, 0, std::numeric_limits<float>::quiet_NaN(), 0};
    refused([&](cfn_device_query& q) { q.queries = zero; }, CFN_BAD_VECTOR);
    CHECK(says("query 1 is a zero vector"));
    refused([&](cfn_device_query& q) { q.queries = nan; }, CFN_BAD_VECTOR);
    CHECK(says("query 1 has NaN or infinite values") && std::isnan(ready.out.similarity[1]) && ready.out.row[1] == -1);
    CHECK_STATUS(CFN_BAD_ARGUMENT, cfn_device_set_search_host(ready.set.handle, nullptr, 1));
    CHECK_STATUS(CFN_BAD_ARGUMENT, cfn_device_set_search_host(ready.set.handle, &ready.query, CFN_MAX_DEVICE_QUERIES + 1));
    CHECK_STATUS(CFN_OK, cfn_device_set_search_host(ready.set.handle, nullptr, 0));
    cfn_device_query none = ready.query;
    none.query_count = none.query_values = 0, none.queries = nullptr, none.similarity = nullptr, none.row = nullptr;
    CHECK_STATUS(CFN_OK, cfn_device_set_search_host(ready.set.handle, &none, 1));
    cfn_device_query least = ready.query;
    least.row = nullptr;
    CHECK_STATUS(CFN_OK, cfn_device_set_search_host(ready.set.handle, &least, 1));
    CHECK(ready.out.similarity[0] == 1 && ready.out.similarity[1] == 1);
}

TEST(DeviceSearchDown_QueriesOnTheDevice_GivesTheHostsBitsAndItsWords) {
    Ready ready;
    TestBank other(3);
    append(other, {0, 0, 1, 1, 2, 3}, 3);
    const TestSet set(0, {ready.bank.handle, other.handle});
    const std::vector<float> pairs{1, 0, 3, 4, -1, 5}, triples{1, 1, 1};
    const OnDevice on_device(pairs), others(triples);
    Result host(3), host_other(1), out(3), out_other(1);
    const cfn_device_query expected[] = {device_request(0, pairs, 2, host, 0), device_request(1, triples, 3, host_other)};
    CHECK_STATUS(CFN_OK, cfn_device_set_search_host(set.handle, expected, 2));
    cfn_device_query queries[] = {device_request(0, pairs, 2, out, 0), device_request(1, triples, 3, out_other)};
    queries[0].queries = on_device.values();
    queries[1].queries = others.values();
    for (int repeat = 0; repeat < 2; ++repeat) {
        out.similarity.assign(3, -9);
        CHECK_STATUS(CFN_OK, cfn_device_set_search_down(set.handle, queries, 2));
        check_same(host, out, "pairs");
        check_same(host_other, out_other, "triples");
    }
    // Without rows for one of them, and with nothing at all.
    out.row.assign(3, 77);
    queries[0].row = nullptr;
    CHECK_STATUS(CFN_OK, cfn_device_set_search_down(set.handle, queries, 2));
    CHECK(out.similarity == host.similarity && out.row[0] == 77 && out_other.row == host_other.row);
    CHECK_STATUS(CFN_OK, cfn_device_set_search_down(set.handle, nullptr, 0));

    const OnDevice zero(std::vector<float>{1, 0, 0, 0}), nan(std::vector<float>{1, 0, std::numeric_limits<float>::quiet_NaN(), 0});
    queries[0].query_count = 2, queries[0].query_values = 4;
    queries[0].queries = zero.values();
    CHECK_STATUS(CFN_BAD_VECTOR, cfn_device_set_search_down(set.handle, queries, 2));
    CHECK(says("query 1 is a zero vector"));
    queries[0].queries = nan.values();
    CHECK_STATUS(CFN_BAD_VECTOR, cfn_device_set_search_down(set.handle, queries, 2));
    CHECK(says("query 1 has NaN or infinite values"));
    queries[0].exclude_image = 2;
    CHECK_STATUS(CFN_BAD_ARGUMENT, cfn_device_set_search_down(set.handle, queries, 2));
    CHECK_STATUS(CFN_BAD_HANDLE, cfn_device_set_search_down(0, queries, 2));
}

TEST(DeviceSearch_NoRowLeft_IsEmpty) {
    TestBank empty(2), one(2);
    append(one, {1, 0}, 2);
    const TestSet set(0, {empty.handle, one.handle});
    const std::vector<float> queries{1, 0};
    Result out(1);
    cfn_device_query query = device_request(0, queries, 2, out);
    CHECK_STATUS(CFN_EMPTY, cfn_device_set_search_host(set.handle, &query, 1));
    query.bank = 1, query.exclude_image = 0;
    CHECK_STATUS(CFN_EMPTY, cfn_device_set_search_host(set.handle, &query, 1));
    query.exclude_image = -1;
    CHECK_STATUS(CFN_OK, cfn_device_set_search_host(set.handle, &query, 1));
}

TEST(DeviceSet_DestroyedOrInvented_IsAStatus) {
    cfn_device_set old = 0;
    cfn_device_query query{};
    uint64_t bytes = 0;
    {
        Ready ready;
        old = ready.set.handle;
        CHECK_STATUS(CFN_OK, cfn_device_set_bytes(old, &bytes));
        CHECK(bytes >= 3 * 2 * 4 + 128 * 32 * 2);
        CHECK_STATUS(CFN_BAD_ARGUMENT, cfn_device_set_bytes(old, nullptr));
    }
    for (cfn_device_set handle : {cfn_device_set{0}, old, ~cfn_device_set{0}}) {
        CHECK_STATUS(CFN_BAD_HANDLE, cfn_device_set_search(handle, &query, 1, nullptr));
        CHECK_STATUS(CFN_BAD_HANDLE, cfn_device_set_search_host(handle, &query, 1));
        CHECK_STATUS(CFN_BAD_HANDLE, cfn_device_set_bytes(handle, &bytes));
        CHECK_STATUS(CFN_BAD_HANDLE, cfn_device_set_destroy(handle));
        CHECK(says("is not a device set"));
    }
    CHECK(fake_leftovers() == 0);
}

TEST(DeviceSet_BankChangesLater_IsAsItWas) {
    Ready ready;
    CHECK_STATUS(CFN_OK, cfn_bank_remove_image(ready.bank.handle, 0));
    CHECK_STATUS(CFN_OK, cfn_device_set_search_host(ready.set.handle, &ready.query, 1));
    CHECK((ready.out.row == std::vector<int64_t>{0, 1}));
}

TEST(Device_OutOfMemoryOrBroken_IsAStatusAndLeavesNothing) {
    // Fail at every allocation and every launch in turn, until all goes well.
    for (bool memory : {true, false}) {
        int failures = 0;
        for (bool done = false; !done; ++failures) {
            FakeFaults faults;
            (memory ? faults.allocations_until_full : faults.launches_until_failure) = failures;
            fake_set_faults(&faults);
            const auto status = [&] {
                TestBank bank(2);
                append(bank, {1, 0, 0, 1}, 2);
                cfn_device_set set = 0;
                if (const cfn_status made = cfn_device_set_create(0, &bank.handle, 1, &set); made != CFN_OK) return made;
                const std::vector<float> queries{1, 0};
                Result out(1);
                const cfn_device_query query = device_request(0, queries, 2, out);
                const cfn_status found = cfn_device_set_search_host(set, &query, 1);
                cfn_device_set_destroy(set);
                return found;
            }();
            done = status == CFN_OK;
            CHECK_THAT(done || status == (memory ? CFN_NO_MEMORY : CFN_DEVICE_FAILED), status, ": ", message());
            CHECK_THAT(done || says(memory ? "out of memory" : "unspecified launch failure"), message());
            CHECK(fake_leftovers() == 0);
        }
        CHECK_THAT(failures == (memory ? 8 : 5), failures);
        const FakeFaults none;
        fake_set_faults(&none);
    }
}

TEST(Plan_MoreThanFits_IsCutIntoLaunches) {
    using namespace cfn::cuda;
    std::vector<Job> jobs(3);
    static float queries[1];
    for (Job& job : jobs) job.queries = queries, job.dimension = 10, job.padded = 32, job.row_count = 1000, job.query_count = 1000;
    jobs[1].query_count = 0;
    jobs[2].query_count = 5;
    Job block = jobs[0];
    block.query_count = block_queries;
    const std::size_t limit = 3 * layout_of(block).bytes;
    std::size_t first = 0, last = 0, launches = 0;
    cut(jobs, limit, [&](std::span<Job> batch) {
        ++launches;
        std::size_t bytes = 0;
        for (const Job& job : batch) {
            bytes += layout_of(job).bytes;
            if (job.query_count == 5) {
                CHECK(job.queries == queries);
                last += job.query_count;
            } else {
                CHECK(
                    static_cast<const float*>(job.queries) == queries + first * 10 && job.similarity == static_cast<float*>(nullptr) + first
                );
                first += job.query_count;
            }
        }
        CHECK(bytes <= limit);
    });
    CHECK(first == 1000 && last == 5 && launches >= 3);
    // One block of 128 queries is the least, however little there is.
    launches = 0;
    cut(std::span(jobs).first(1), 1, [&](std::span<Job> batch) {
        CHECK(batch.size() == 1 && batch[0].query_count <= block_queries);
        ++launches;
    });
    CHECK(launches == 8);
}
