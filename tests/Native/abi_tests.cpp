// What callers do wrong, at the ABI itself: always a status and a message, never a crash.
#include <cstring>
#include <limits>

#include "testing.h"

using namespace testing;

namespace {

const std::vector<float> two_rows{1, 0, 0, 1};

cfn_status append(cfn_bank bank, const std::vector<float>& rows, std::size_t d = 2, int32_t* image = nullptr) {
    return cfn_bank_append(bank, CFN_FLOAT32, rows.data(), rows.size(), rows.size() / d, nullptr, image);
}

bool says(const char* words) { return message().find(words) != std::string::npos; }

} // namespace

TEST(AbiRange_Asked_HasThisVersion) {
    uint32_t oldest = 0, newest = 0;
    CHECK_STATUS(CFN_OK, cfn_abi_range(&oldest, &newest));
    CHECK(oldest == CFN_ABI_OLDEST && newest == CFN_ABI_NEWEST);
    CHECK_STATUS(CFN_BAD_ARGUMENT, cfn_abi_range(nullptr, &newest));
    CHECK_STATUS(CFN_BAD_ARGUMENT, cfn_abi_range(&oldest, nullptr));
}

TEST(Layout_OfTheStructures_IsAsManagedCallersHaveIt) {
    CHECK(
        sizeof(cfn_bank_info) == 48 && offsetof(cfn_bank_info, rows) == 8 && offsetof(cfn_bank_info, bytes) == 24
        && offsetof(cfn_bank_info, kernel) == 32
    );
    CHECK(
        sizeof(cfn_search) == 80 && offsetof(cfn_search, queries) == 8 && offsetof(cfn_search, exclude_image) == 32
        && offsetof(cfn_search, cancel) == 40 && offsetof(cfn_search, similarity) == 48 && offsetof(cfn_search, image_row) == 72
    );
    CHECK(
        sizeof(cfn_coreset) == 48 && offsetof(cfn_coreset, count) == 8 && offsetof(cfn_coreset, cancel) == 24
        && offsetof(cfn_coreset, radius) == 40
    );
    CHECK(
        sizeof(cfn_device_info) == 104 && offsetof(cfn_device_info, memory) == 16 && offsetof(cfn_device_info, name) == 24
        && offsetof(cfn_device_info, kernels) == 88
    );
    CHECK(
        sizeof(cfn_device_query) == 56 && offsetof(cfn_device_query, exclude_image) == 12 && offsetof(cfn_device_query, queries) == 16
        && offsetof(cfn_device_query, row) == 48
    );
}

TEST(Handle_NeverGivenOutOrDestroyed_IsAStatus) {
    cfn_bank_info info{sizeof info, 0, 0, 0, 0, 0, {}};
    cfn_bank old = 0;
    {
        TestBank bank(2);
        old = bank.handle;
    }
    TestBank reuses_the_slot(2);
    CHECK(reuses_the_slot.handle != old);
    for (cfn_bank handle : {cfn_bank{0}, old, ~cfn_bank{0}, cfn_bank{77}, cfn_bank{1} << 32 | 12345}) {
        Result out(1);
        const std::vector<float> query{1, 0};
        const cfn_search search = request(query, 2, out);
        CHECK_STATUS(CFN_BAD_HANDLE, cfn_bank_info_get(handle, &info));
        CHECK_STATUS(CFN_BAD_HANDLE, append(handle, two_rows));
        CHECK_STATUS(CFN_BAD_HANDLE, cfn_bank_remove_image(handle, 0));
        CHECK_STATUS(CFN_BAD_HANDLE, cfn_bank_replace(reuses_the_slot.handle, handle));
        CHECK_STATUS(CFN_BAD_HANDLE, cfn_bank_search(handle, &search));
        CHECK_STATUS(CFN_BAD_HANDLE, cfn_bank_save(handle, "nowhere"));
        CHECK_STATUS(CFN_BAD_HANDLE, cfn_bank_destroy(handle));
        CHECK(says("is not a bank"));
    }
}

TEST(Create_BadArguments_AreRefused) {
    cfn_bank bank = 0;
    CHECK_STATUS(CFN_BAD_ARGUMENT, cfn_bank_create(0, nullptr, &bank));
    CHECK_STATUS(CFN_BAD_ARGUMENT, cfn_bank_create(CFN_MAX_DIMENSION + 1, nullptr, &bank));
    CHECK_STATUS(CFN_BAD_ARGUMENT, cfn_bank_create(2, nullptr, nullptr));
    CHECK_STATUS(CFN_UNSUPPORTED, cfn_bank_create(2, "abacus", &bank));
    CHECK(says("abacus") && says("plain"));
    CHECK_STATUS(CFN_BAD_ARGUMENT, cfn_bank_load(nullptr, nullptr, &bank));
    CHECK_STATUS(CFN_BAD_ARGUMENT, cfn_bank_load("x", nullptr, nullptr));
    CHECK(bank == 0);
}

TEST(Append_BadArguments_AreRefusedAndLeaveTheBank) {
    TestBank bank(2);
    const float* rows = two_rows.data();
    CHECK_STATUS(CFN_BAD_ARGUMENT, cfn_bank_append(bank.handle, CFN_FLOAT32, nullptr, 4, 2, nullptr, nullptr));
    CHECK_STATUS(CFN_BAD_ARGUMENT, cfn_bank_append(bank.handle, 2, rows, 4, 2, nullptr, nullptr));
    CHECK_STATUS(CFN_BAD_ARGUMENT, cfn_bank_append(bank.handle, CFN_FLOAT32, rows, 3, 2, nullptr, nullptr));
    CHECK(says("2 rows of dimension 2 are 4 values, but 3 are given"));
    CHECK_STATUS(CFN_BAD_ARGUMENT, cfn_bank_append(bank.handle, CFN_FLOAT32, rows, 4, uint64_t{1} << 63, nullptr, nullptr));
    const float nan = std::numeric_limits<float>::quiet_NaN(), infinite = std::numeric_limits<float>::infinity();
    CHECK_STATUS(CFN_BAD_VECTOR, append(bank.handle, {1, 0, 0, 0}));
    CHECK(says("row 1 is a zero vector"));
    CHECK_STATUS(CFN_BAD_VECTOR, append(bank.handle, {1, nan}));
    CHECK_STATUS(CFN_BAD_VECTOR, append(bank.handle, {1, 0, -infinite, 2}));
    CHECK(says("row 1 has NaN or infinite values"));
    CHECK_STATUS(CFN_BAD_ARGUMENT, cfn_bank_remove_image(bank.handle, 0));
    cfn_bank_info info{sizeof info, 0, 0, 0, 0, 0, {}};
    CHECK_STATUS(CFN_OK, cfn_bank_info_get(bank.handle, &info));
    CHECK(info.rows == 0 && info.images == 0 && info.next_image == 0 && info.dimension == 2 && info.kernel == kernel);
    info.struct_size = 40;
    CHECK_STATUS(CFN_BAD_ARGUMENT, cfn_bank_info_get(bank.handle, &info));
    CHECK_STATUS(CFN_BAD_ARGUMENT, cfn_bank_info_get(bank.handle, nullptr));
}

TEST(Append_IgnoredRows_AreNeitherLookedAtNorTaken) {
    TestBank bank(2);
    const std::vector<float> rows{0, 0, 1, 0, std::numeric_limits<float>::quiet_NaN(), 0, 0, 1};
    const uint8_t ignored[] = {1, 0, 255, 0}, all[] = {1, 1, 1, 1};
    int32_t image = -1;
    CHECK_STATUS(CFN_OK, cfn_bank_append(bank.handle, CFN_FLOAT32, rows.data(), 8, 4, all, &image));
    CHECK_STATUS(CFN_OK, cfn_bank_append(bank.handle, CFN_FLOAT32, rows.data(), 8, 4, ignored, &image));
    CHECK(image == 1);
    const std::vector<float> query{0, 5};
    Result out(1);
    const cfn_search search = request(query, 2, out);
    CHECK_STATUS(CFN_OK, cfn_bank_search(bank.handle, &search));
    CHECK(out.row[0] == 1 && out.image[0] == 1 && out.image_row[0] == 1 && out.similarity[0] == 1);
}

TEST(Append_Float16_IsTheSameAsItsFloat32) {
    TestBank half(2), full(2);
    const uint16_t bits[] = {0x3c00, 0xc000, 0x0001, 0x0000, 0x7bff, 0x3555}; // 1, -2, 2^-24, 0, 65504, 0.33325195
    CHECK_STATUS(CFN_OK, cfn_bank_append(half.handle, CFN_FLOAT16, bits, 6, 3, nullptr, nullptr));
    CHECK_STATUS(CFN_OK, append(full.handle, {1, -2, 0x1p-24f, 0, 65504, 0.333251953125f}));
    const auto queries = gaussian(1, 40);
    Result a(20), b(20), c(3);
    cfn_search search = request(queries, 2, a);
    CHECK_STATUS(CFN_OK, cfn_bank_search(half.handle, &search));
    search = request(queries, 2, b);
    CHECK_STATUS(CFN_OK, cfn_bank_search(full.handle, &search));
    CHECK(a.similarity == b.similarity && a.row == b.row);
    search = request({}, 2, c);
    search.format = CFN_FLOAT16, search.queries = bits, search.query_values = 6, search.query_count = 3;
    CHECK_STATUS(CFN_OK, cfn_bank_search(half.handle, &search));
    CHECK((c.row == std::vector<int64_t>{0, 1, 2}));
    const uint16_t infinite[] = {0x7c00, 0};
    CHECK_STATUS(CFN_BAD_VECTOR, cfn_bank_append(half.handle, CFN_FLOAT16, infinite, 2, 1, nullptr, nullptr));
}

TEST(Search_BadArguments_AreRefused) {
    TestBank bank(2);
    const std::vector<float> queries{1, 0, 0, 1};
    Result out(2);
    const cfn_search good = request(queries, 2, out);
    CHECK_STATUS(CFN_EMPTY, cfn_bank_search(bank.handle, &good));
    CHECK_STATUS(CFN_OK, append(bank.handle, two_rows));
    CHECK_STATUS(CFN_BAD_ARGUMENT, cfn_bank_search(bank.handle, nullptr));
    auto refused = [&](auto change, cfn_status status = CFN_BAD_ARGUMENT) {
        cfn_search bad = good;
        change(bad);
        CHECK_STATUS(status, cfn_bank_search(bank.handle, &bad));
    };
    refused([](cfn_search& s) { s.struct_size = 79; });
    refused([](cfn_search& s) { s.format = -1; });
    refused([](cfn_search& s) { s.queries = nullptr; });
    refused([](cfn_search& s) { s.query_values = 5; });
    refused([](cfn_search& s) { s.query_count = 3; });
    refused([](cfn_search& s) { s.query_count = uint64_t{1} << 63, s.query_values = 0; });
    refused([](cfn_search& s) { s.similarity = nullptr; });
    refused([](cfn_search& s) { s.threads = 0; });
    refused([](cfn_search& s) { s.threads = CFN_MAX_THREADS + 1; });
    refused([](cfn_search& s) { s.exclude_image = -2; });
    refused([](cfn_search& s) { s.exclude_image = 1; });
    refused([](cfn_search& s) { s.exclude_image = 0; }, CFN_EMPTY);
    const float zero[] = {1, 0, 0, 0}, nan[] = {1, 0, std::numeric_limits<float>::quiet_NaN(), 0};
    refused([&](cfn_search& s) { s.queries = zero; }, CFN_BAD_VECTOR);
    CHECK(says("query 1 is a zero vector"));
    refused([&](cfn_search& s) { s.queries = nan; }, CFN_BAD_VECTOR);
    cfn_search none = good;
    none.query_count = none.query_values = 0, none.queries = nullptr, none.similarity = nullptr;
    CHECK_STATUS(CFN_OK, cfn_bank_search(bank.handle, &none));
    cfn_search least = good;
    least.row = nullptr, least.image = nullptr, least.image_row = nullptr;
    CHECK_STATUS(CFN_OK, cfn_bank_search(bank.handle, &least));
}

TEST(Remove_AnImage_MovesLaterRowsDown) {
    TestBank bank(2);
    int32_t image = -1;
    CHECK_STATUS(CFN_OK, append(bank.handle, {1, 0, 1, 1}));
    CHECK_STATUS(CFN_OK, append(bank.handle, {0, 1}, 2, &image));
    CHECK_STATUS(CFN_OK, cfn_bank_remove_image(bank.handle, 0));
    Result out(1);
    const std::vector<float> query{1, 0};
    const cfn_search search = request(query, 2, out);
    CHECK_STATUS(CFN_OK, cfn_bank_search(bank.handle, &search));
    CHECK(out.row[0] == 0 && out.image[0] == 1 && out.similarity[0] == 0);
    CHECK_STATUS(CFN_OK, append(bank.handle, {1, 0}, 2, &image));
    CHECK_THAT(image == 2, "an id must not be used twice");
}

TEST(LastMessage_SmallBuffer_IsCutAndEnded) {
    cfn_bank bank = 0;
    cfn_bank_create(0, nullptr, &bank);
    char buffer[8];
    std::memset(buffer, 'x', sizeof buffer);
    CHECK(cfn_last_message(buffer, 5) > 5 && std::string(buffer) == "dime" && buffer[5] == 'x');
    CHECK(cfn_last_message(nullptr, 0) > 5);
    CHECK(cfn_kernels(nullptr, 0) >= 5);
}

TEST(Device_NoneOrNoKernels_IsAStatusWithWords) {
    cfn_device_info info{};
    info.struct_size = sizeof info;
    const cfn_status status = cfn_device_probe(0, &info);
    if (status == CFN_OK) return; // a machine with a GPU: gpu_bank tests it
    CHECK_STATUS(CFN_NO_DEVICE, status);
    CHECK_THAT(says("not built in") || says("NVIDIA driver"), message());
    CHECK_STATUS(CFN_BAD_ARGUMENT, cfn_device_probe(0, nullptr));
    TestBank bank(2);
    cfn_device_set set = 0;
    CHECK_STATUS(CFN_NO_DEVICE, cfn_device_set_create(0, &bank.handle, 1, &set));
    CHECK_STATUS(CFN_BAD_ARGUMENT, cfn_device_set_create(0, &bank.handle, 0, &set));
    CHECK_STATUS(CFN_BAD_HANDLE, cfn_device_set_search(77, nullptr, 0, nullptr));
    CHECK_STATUS(CFN_BAD_HANDLE, cfn_device_set_destroy(77));
    CHECK(set == 0);
}
