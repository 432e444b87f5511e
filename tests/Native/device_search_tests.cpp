// The GPU's search, its kernels' source run on the emulator: every result has the bits of the CPU's search.
#include <algorithm>
#include <array>

#include "../../src/Native/cuda/kernels/batch.h"
#include "device_testing.h"

using namespace testing;

namespace {

std::vector<float> repeated(const std::vector<float>& one, std::size_t times) {
    std::vector<float> all;
    for (std::size_t i = 0; i < times; ++i) all.insert(all.end(), one.begin(), one.end());
    return all;
}

} // namespace

TEST(DeviceSearch_RaggedShapes_IsTheCpus) {
    unsigned seed = 100;
    // Around the edges of warps, groups, tiles and steps; fewer steps than stages, as many, more.
    for (const auto& [queries, d, rows] :
         {std::array<std::size_t, 3>{1, 1, 1},
          {1, 64, 1},
          {2, 8, 7},
          {3, 31, 8},
          {5, 32, 9},
          {63, 33, 31},
          {64, 64, 33},
          {65, 72, 127},
          {127, 96, 128},
          {128, 40, 129},
          {129, 104, 64},
          {9, 320, 200},
          {4, 1280, 40},
          {2, 136, 257}}) {
        TestBank bank(d);
        append(bank, gaussian(++seed, rows * d), d);
        check_devices(bank, gaussian(++seed, queries * d), d);
    }
}

TEST(DeviceSearch_ClusteredFeatures_IsTheCpus) {
    for (std::size_t d : {64u, 200u}) {
        TestBank bank(d);
        append(bank, clustered(5, 90, d), d);
        append(bank, clustered(7, 110, d), d);
        check_devices(bank, clustered(9, 30, d), d);
    }
}

TEST(DeviceSearch_RowsCloserThanTheScreeningBound_IsTheCpus) {
    // Halves can't tell these rows apart; nor, at the lower end, can float32.
    const std::size_t d = 64, rows = 140;
    for (float spread : {1e-3f, 1e-5f, 1e-7f}) {
        const auto centre = gaussian(3, d), noise = gaussian(4, rows * d);
        std::vector<float> near(rows * d);
        for (std::size_t i = 0; i < near.size(); ++i) near[i] = centre[i % d] + spread * noise[i];
        TestBank bank(d);
        append(bank, near, d);
        auto queries = gaussian(6, 3 * d);
        queries.insert(queries.end(), centre.begin(), centre.end());
        check_devices(bank, queries, d);
    }
}

TEST(DeviceSearch_RowsThatDifferInTheLastBitOfFloat64_IsTheCpus) {
    // One row's values in other orders, and queries with all values equal: the true products are the same, and what is left is the order of
    // the sums.
    const std::size_t d = 96;
    auto row = gaussian(15, d);
    std::vector<float> rows;
    std::mt19937 random(16);
    for (int i = 0; i < 100; ++i) {
        std::shuffle(row.begin(), row.end(), random);
        rows.insert(rows.end(), row.begin(), row.end());
    }
    std::vector<float> queries;
    for (float value : {1.0f, 0.1f, -0.3f}) queries.insert(queries.end(), d, value);
    TestBank bank(d);
    append(bank, rows, d);
    check_devices(bank, queries, d);
}

TEST(DeviceSearch_EqualRows_NamesTheFirst) {
    const std::size_t d = 64;
    const auto one = gaussian(21, d);
    TestBank same(d), pairs(d);
    append(same, repeated(one, 150), d);
    check_devices(same, gaussian(22, 4 * d), d);
    // Every row twice, 90 rows apart: another group, another warp, another block of threads.
    const auto rows = gaussian(23, 90 * d);
    append(pairs, repeated(rows, 2), d);
    check_devices(pairs, rows, d);
}

TEST(DeviceSearch_EveryPlaceOfATile_CanBeNearest) {
    // Query i is row i: each product of a warp's, and each row of a group, is the answer once.
    const std::size_t d = 40;
    const auto rows = gaussian(31, 140 * d);
    TestBank bank(d);
    append(bank, rows, d);
    check_devices(bank, rows, d);
}

TEST(DeviceSearch_ImagesLeftOutOrRemoved_AreNotFound) {
    const std::size_t d = 48;
    TestBank bank(d);
    std::vector<float> queries;
    for (unsigned image = 0; image < 4; ++image) {
        const auto rows = gaussian(40 + image, (10 + 45 * image) * d);
        append(bank, rows, d);
        queries.insert(queries.end(), rows.begin(), rows.begin() + 4 * static_cast<long>(d));
    }
    for (int32_t exclude : {-1, 0, 1, 2, 3}) check_devices(bank, queries, d, exclude);
    CHECK_STATUS(CFN_OK, cfn_bank_remove_image(bank.handle, 1));
    for (int32_t exclude : {-1, 2}) check_devices(bank, queries, d, exclude);
}

TEST(DeviceSearch_BatchOfUnequalBanks_IsTheCpus) {
    const std::array<std::array<std::size_t, 3>, 5> shapes{{{1, 8, 300}, {130, 64, 5}, {7, 200, 129}, {64, 33, 64}, {20, 96, 140}}};
    std::vector<std::unique_ptr<TestBank>> banks;
    std::vector<cfn_bank> handles;
    std::vector<std::vector<float>> queries;
    std::vector<Result> cpu, gpu;
    for (const auto& [count, d, rows] : shapes) {
        const auto seed = static_cast<unsigned>(50 + banks.size());
        handles.push_back(banks.emplace_back(std::make_unique<TestBank>(d))->handle);
        append(*banks.back(), gaussian(seed, rows * d), d);
        append(*banks.back(), gaussian(seed + 10, 20 * d), d);
        queries.push_back(gaussian(seed + 20, count * d));
        cpu.emplace_back(count);
        gpu.emplace_back(count);
        const cfn_search search = request(queries.back(), d, cpu.back(), 1, 1);
        CHECK_STATUS(CFN_OK, cfn_bank_search(handles.back(), &search));
    }
    for (int32_t device : devices) {
        const TestSet set(device, handles);
        std::vector<cfn_device_query> all;
        for (uint32_t b = 0; b < 5; ++b) all.push_back(device_request(b, queries[b], shapes[b][1], gpu[b], 1));
        // More requests than one launch takes.
        while (all.size() <= cfn::cuda::max_jobs) all.push_back(all[0]);
        CHECK_STATUS(CFN_OK, cfn_device_set_search_host(set.handle, all.data(), static_cast<uint32_t>(all.size())));
        for (std::size_t b = 0; b < 5; ++b) check_same(cpu[b], gpu[b], text("device ", device, ", bank ", b));
    }
}

TEST(DeviceSearch_HalfQueries_IsTheCpus) {
    // 1, -2; the smallest subnormal, 0; the largest, 1/3.
    const std::vector<uint16_t> bits{0x3c00, 0xc000, 0x0001, 0x0000, 0x7bff, 0x3555};
    TestBank bank(2);
    append(bank, gaussian(61, 2 * 50), 2);
    Result cpu(3), gpu(3);
    cfn_search search = request({}, 2, cpu);
    search.format = CFN_FLOAT16, search.queries = bits.data(), search.query_values = 6, search.query_count = 3;
    CHECK_STATUS(CFN_OK, cfn_bank_search(bank.handle, &search));
    for (int32_t device : devices) {
        const TestSet set(device, {bank.handle});
        const cfn_device_query query{sizeof query, 0, CFN_FLOAT16, -1, bits.data(), 6, 3, gpu.similarity.data(), gpu.row.data()};
        CHECK_STATUS(CFN_OK, cfn_device_set_search_host(set.handle, &query, 1));
        check_same(cpu, gpu, text("device ", device));
    }
}

TEST(DeviceSearch_ExtremeLengths_OnlyTheDirectionCounts) {
    for (float scale : {1e-42f, 1e-30f, 1e30f, 1e38f}) {
        TestBank bank(3);
        append(bank, {scale, 0, scale, 0, scale, 0, 0, 2 * scale, scale}, 3);
        check_devices(bank, {scale, 0.5f * scale, scale, 0, 0, scale}, 3);
    }
}
