// Greedy k-centre against itself done the slow way, and what its callers build on.
#include <algorithm>
#include <array>

#include "testing.h"

using namespace testing;

namespace {

struct Chosen {
    explicit Chosen(std::size_t count) : row(count), radius(count) {}
    std::vector<int64_t> row;
    std::vector<float> radius;
};

cfn_coreset request(Chosen& out, uint64_t seed = 1, int threads = 2) {
    return {sizeof(cfn_coreset), threads, out.row.size(), seed, nullptr, out.row.data(), out.radius.data()};
}

Chosen choose(TestBank& bank, std::size_t count, uint64_t seed = 1, int threads = 2) {
    Chosen out(count);
    const cfn_coreset coreset = request(out, seed, threads);
    CHECK_STATUS(CFN_OK, cfn_bank_coreset(bank.handle, &coreset));
    return out;
}

void fill(TestBank& bank, const std::vector<float>& rows, std::size_t d) {
    CHECK_STATUS(CFN_OK, cfn_bank_append(bank.handle, CFN_FLOAT32, rows.data(), rows.size(), rows.size() / d, nullptr, nullptr));
}

} // namespace

TEST(Coreset_FourDirections_IsTheKnownOrder) {
    // At 0, 10, 90 and 180 degrees. From any of them the greedy order can be told by hand.
    TestBank bank(2);
    fill(bank, {1, 0, 0.984807753f, 0.173648178f, 0, 1}, 2);
    fill(bank, {-1, 0}, 2);
    const std::array<std::vector<int64_t>, 4> orders{{{0, 3, 2, 1}, {1, 3, 2, 0}, {2, 0, 3, 1}, {3, 0, 2, 1}}};
    std::array<bool, 4> seen{};
    for (uint64_t seed = 0; seed < 64; ++seed) {
        const Chosen out = choose(bank, 4, seed);
        const auto first = static_cast<std::size_t>(out.row[0]);
        seen[first] = true;
        CHECK_THAT(out.row == orders[first], "seed ", seed);
        CHECK(out.radius[3] == 0);
        if (first == 0)
            CHECK(out.radius[0] == 1 && std::abs(out.radius[1] - 0.5f) < 1e-6f && std::abs(out.radius[2] - 0.00759612f) < 1e-6f);
    }
    CHECK(seen == (std::array<bool, 4>{true, true, true, true}));
}

TEST(Coreset_ClusteredRows_IsGreedyAndCovers) {
    const std::size_t d = 40, rows = 600, count = 50;
    TestBank bank(d);
    const auto values = clustered(3, rows, d);
    fill(bank, std::vector<float>(values.begin(), values.begin() + 200 * d), d);
    fill(bank, std::vector<float>(values.begin() + 200 * d, values.end()), d);
    const Chosen out = choose(bank, count);
    std::vector<double> nearest(rows, -2);
    for (std::size_t i = 0; i < count; ++i) {
        const auto centre = static_cast<std::size_t>(out.row[i]);
        if (i > 0) CHECK_THAT(nearest[centre] <= *std::min_element(nearest.begin(), nearest.end()) + 1e-6, "choice ", i);
        for (std::size_t r = 0; r < rows; ++r) {
            double dot = 0, a = 0, b = 0;
            for (std::size_t k = 0; k < d; ++k) {
                const auto x = static_cast<double>(values[centre * d + k]), y = static_cast<double>(values[r * d + k]);
                dot += x * y, a += x * x, b += y * y;
            }
            nearest[r] = std::max(nearest[r], dot / std::sqrt(a * b));
        }
        CHECK(std::abs(static_cast<double>(out.radius[i]) - (1 - *std::min_element(nearest.begin(), nearest.end())) / 2) < 1e-6);
        if (i > 0) CHECK_THAT(out.radius[i] <= out.radius[i - 1], "the radius grows at choice ", i);
    }
}

TEST(Coreset_AnyThreadsOrFewerRows_IsTheSameOrder) {
    const std::size_t d = 24;
    TestBank bank(d);
    fill(bank, gaussian(5, 1500 * d), d);
    const Chosen all = choose(bank, 40, 9, 1);
    CHECK(choose(bank, 40, 9, 7).row == all.row && choose(bank, 40, 9, 7).radius == all.radius);
    const Chosen few = choose(bank, 10, 9, 3);
    CHECK(std::equal(few.row.begin(), few.row.end(), all.row.begin()));
}

TEST(Coreset_EqualRows_ChoosesEachOnce) {
    TestBank bank(2);
    fill(bank, {3, 4, 3, 4, 3, 4, 3, 4, 3, 4}, 2);
    Chosen out = choose(bank, 5);
    for (float radius : out.radius) CHECK(std::abs(radius) < 1e-7f);
    std::sort(out.row.begin(), out.row.end());
    CHECK((out.row == std::vector<int64_t>{0, 1, 2, 3, 4}));
}

TEST(Coreset_BadArguments_AreRefused) {
    TestBank bank(2), empty(2);
    fill(bank, {1, 0, 0, 1}, 2);
    Chosen out(2);
    const cfn_coreset good = request(out);
    const auto refused = [&](auto change, cfn_status status = CFN_BAD_ARGUMENT) {
        cfn_coreset bad = good;
        change(bad);
        CHECK_STATUS(status, cfn_bank_coreset(bank.handle, &bad));
    };
    const int32_t raised = 1;
    refused([](cfn_coreset& c) { c.struct_size = 1; });
    refused([](cfn_coreset& c) { c.threads = 0; });
    refused([](cfn_coreset& c) { c.count = 0; });
    refused([](cfn_coreset& c) { c.count = 3; });
    refused([](cfn_coreset& c) { c.row = nullptr; });
    refused([&](cfn_coreset& c) { c.cancel = &raised; }, CFN_CANCELLED);
    CHECK_STATUS(CFN_BAD_ARGUMENT, cfn_bank_coreset(bank.handle, nullptr));
    CHECK_STATUS(CFN_BAD_ARGUMENT, cfn_bank_coreset(empty.handle, &good));
    CHECK_STATUS(CFN_BAD_HANDLE, cfn_bank_coreset(0, &good));
    cfn_coreset least = good;
    least.radius = nullptr;
    CHECK_STATUS(CFN_OK, cfn_bank_coreset(bank.handle, &least));
}
