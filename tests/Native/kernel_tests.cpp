// Each kernel against the plain one, below the ABI.
#include <cstring>

#include "../../src/Native/cpu/bank/basis.h"
#include "../../src/Native/cpu/bank/bounds.h"
#include "../../src/Native/cpu/bank/crc32c.h"
#include "../../src/Native/cpu/bank/memory.h"
#include "../../src/Native/cpu/bank/quantise.h"
#include "../../src/Native/cpu/kernels/kernel.h"
#include "testing.h"

using namespace testing;

TEST(Screen_RandomTiles_HasThePlainKernelsBits) {
    const cfn::Kernel& mine = cfn::select_kernel(kernel);
    std::mt19937 random(7);
    for (std::size_t values : {8u, 16u, 24u, 640u, 1280u, 4096u}) {
        cfn::AlignedVector<int8_t> rows(values * cfn::panel_rows);
        std::vector<uint8_t> queries(values * cfn::tile_queries);
        std::vector<int32_t> bias(cfn::panel_rows);
        // Extremes often: that is where 16-bit sums would overflow.
        for (auto& r : rows)
            r = static_cast<int8_t>(random() % 2 != 0 ? static_cast<int>(random() % 129) - 64 : random() % 2 != 0 ? 64 : -64);
        for (auto& q : queries) q = static_cast<uint8_t>(random() % 2 != 0 ? random() % 127 + 1 : 127);
        for (std::size_t i = 0; i < rows.size(); ++i) bias[i / 4 % cfn::panel_rows] -= cfn::query_offset * rows[i];
        // One, so that estimates are the integers, which float32 holds exactly here.
        std::vector<float> scale(cfn::panel_rows, 1), shift(cfn::panel_rows), query_scale(cfn::tile_queries, 1),
            threshold(cfn::tile_queries, -100);
        const cfn::ScreenTile tile{queries.data(), rows.data(), bias.data(),        scale.data(),
                                   shift.data(),   values,      query_scale.data(), threshold.data()};
        float a[cfn::tile_queries][cfn::panel_rows] = {}, b[cfn::tile_queries][cfn::panel_rows] = {};
        const uint64_t bits = cfn::plain_kernel.screen(tile, a);
        CHECK(mine.screen(tile, b) == bits && bits != 0);
        for (int i = 0; i < 64; ++i)
            if ((bits >> i & 1) != 0) CHECK_THAT(a[i / 16][i % 16] == b[i / 16][i % 16], values, " values, place ", i);
    }
}

TEST(Dot_EveryLength_HasThePlainKernelsBits) {
    const cfn::Kernel& mine = cfn::select_kernel(kernel);
    for (std::size_t n = 0; n < 140; ++n) {
        const auto q = gaussian(static_cast<unsigned>(n), n + 1), r = gaussian(static_cast<unsigned>(n + 1000), n + 1);
        CHECK(mine.dot(q.data(), r.data(), n) == cfn::plain_kernel.dot(q.data(), r.data(), n));
    }
}

TEST(Dots_EveryShape_StayWithinTheirBound) {
    const cfn::Kernel& mine = cfn::select_kernel(kernel);
    for (std::size_t n = 1; n < 9; ++n)
        for (std::size_t m = 1; m < 8; ++m)
            for (std::size_t d : {1u, 7u, 8u, 31u, 96u, 1283u}) {
                auto q = gaussian(1, n * d), r = gaussian(2, m * d);
                for (auto* side : {&q, &r})
                    for (std::size_t i = 0; i < side->size() / d; ++i) {
                        const auto length = static_cast<float>(std::sqrt(cfn::sum_of_products(side->data() + i * d, side->data() + i * d, d)
                        ));
                        for (std::size_t k = 0; k < d; ++k) (*side)[i * d + k] /= length;
                    }
                std::vector<float> out(n * 10, -9);
                mine.dots(q.data(), n, r.data(), m, d, out.data(), 10);
                for (std::size_t i = 0; i < n; ++i)
                    for (std::size_t j = 0; j < 10; ++j)
                        CHECK(
                            j < m ? std::abs(static_cast<double>(out[i * 10 + j]) - cfn::sum_of_products(&q[i * d], &r[j * d], d))
                                    <= static_cast<double>(cfn::float32_error(d))
                                  : out[i * 10 + j] == -9
                        );
            }
}

TEST(Multiply_EveryShape_StaysWithinItsBoundAndMarksWhatReachesTheThreshold) {
    const cfn::Kernel& mine = cfn::select_kernel(kernel);
    for (std::size_t n = 1; n < 15; ++n)
        for (std::size_t d : {1u, 7u, 16u, 33u, 128u}) {
            const auto q = unit_rows(gaussian(static_cast<unsigned>(n), n * d), d), rows = unit_rows(gaussian(77, cfn::panel_rows * d), d);
            cfn::AlignedVector<float> panel(cfn::panel_rows * d);
            for (std::size_t r = 0; r < cfn::panel_rows; ++r)
                for (std::size_t k = 0; k < d; ++k) panel[k * cfn::panel_rows + r] = rows[r * d + k];
            std::vector<float> threshold(n);
            for (std::size_t i = 0; i < n; ++i) threshold[i] = i == 0 ? -2.0f : i == 1 ? 2.0f : 0.02f * static_cast<float>(i);
            std::vector<float> out((n + 1) * cfn::panel_rows, -9);
            std::vector<uint16_t> hits(n + 1, 0xabcd);
            mine.multiply(
                {q.data(), n, panel.data(), d, threshold.data()}, reinterpret_cast<float(*)[cfn::panel_rows]>(out.data()), hits.data()
            );
            for (std::size_t i = 0; i < n; ++i)
                for (std::size_t r = 0; r < cfn::panel_rows; ++r) {
                    const float product = out[i * cfn::panel_rows + r];
                    CHECK(
                        std::abs(static_cast<double>(product) - cfn::sum_of_products(&q[i * d], &rows[r * d], d))
                        <= static_cast<double>(cfn::product_error(d))
                    );
                    CHECK_THAT((hits[i] >> r & 1) == (product >= threshold[i]), n, " queries, query ", i, " row ", r);
                }
            CHECK(hits[n] == 0xabcd && out[n * cfn::panel_rows] == -9);
        }
}

TEST(Few_EveryLength_StaysWithinItsBound) {
    const cfn::Kernel& mine = cfn::select_kernel(kernel);
    for (std::size_t d : {1u, 5u, 15u, 16u, 17u, 320u, 1283u, 4096u}) {
        const auto q = unit_rows(gaussian(1, d), d), rows = unit_rows(gaussian(2, 9 * d), d);
        const float* const some[cfn::few_rows] = {&rows[5 * d], &rows[0], &rows[5 * d], &rows[8 * d]};
        float out[cfn::few_rows + 1] = {0, 0, 0, 0, -9};
        mine.few(q.data(), some, d, out);
        for (std::size_t j = 0; j < cfn::few_rows; ++j)
            CHECK(
                std::abs(static_cast<double>(out[j]) - cfn::sum_of_products(q.data(), some[j], d))
                <= static_cast<double>(cfn::float32_error(d))
            );
        CHECK(out[cfn::few_rows] == -9);
    }
}

TEST(SumOfSquares_EveryLength_HasTheBitsOfTheProductWithItself) {
    for (std::size_t n = 0; n < 70; ++n) {
        const auto v = gaussian(static_cast<unsigned>(n), n + 1);
        CHECK(cfn::sum_of_squares(v.data(), n) == cfn::sum_of_products(v.data(), v.data(), n));
    }
}

TEST(Scale_AnyFactor_RoundsTwiceAtMost) {
    for (double factor : {1.0, 1e-37, 3e-30, 0.3, 7e25, 2.9e41}) {
        auto v = gaussian(5, 37);
        for (float& x : v) x = static_cast<float>(static_cast<double>(x) / factor);
        auto scaled = v;
        cfn::scale(scaled.data(), scaled.size(), factor);
        for (std::size_t k = 0; k < v.size(); ++k)
            CHECK(
                std::abs(static_cast<double>(scaled[k]) - static_cast<double>(v[k]) * factor)
                <= 2.01 * 0x1p-24 * std::abs(static_cast<double>(scaled[k]))
            );
    }
}

TEST(Subtract_EveryLength_ReturnsTheProductWithinItsBound) {
    for (std::size_t n : {1u, 7u, 8u, 33u, 511u, 512u, 513u, 1029u, 5000u}) {
        const auto v = unit_rows(gaussian(1, n), n), centre = unit_rows(gaussian(2, n), n);
        std::vector<float> out(n + 1, -9);
        const double product = cfn::subtract(v.data(), centre.data(), n, out.data());
        CHECK(std::abs(product - cfn::sum_of_products(v.data(), centre.data(), n)) <= 66 * 0x1p-24 && out[n] == -9);
        for (std::size_t k = 0; k < n; ++k) CHECK(out[k] == v[k] - centre[k]);
    }
}

TEST(Interleave_EveryLength_PutsEachLevelInItsPlace) {
    for (std::size_t n : {8u, 16u, 24u, 48u, 1288u}) {
        std::mt19937 random(static_cast<unsigned>(n));
        std::vector<int8_t> levels(cfn::tile_queries * n);
        for (auto& l : levels) l = static_cast<int8_t>(static_cast<int>(random() % (2 * cfn::query_levels + 1)) - cfn::query_levels);
        std::vector<uint8_t> packed(levels.size() + 1, 255);
        cfn::interleave(levels.data(), n, packed.data());
        for (std::size_t j = 0; j < cfn::tile_queries; ++j)
            for (std::size_t k = 0; k < n; ++k)
                CHECK(packed[(k / 4 * cfn::tile_queries + j) * 4 + k % 4] == levels[j * n + k] + cfn::query_offset);
        CHECK(packed[levels.size()] == 255);
    }
}

TEST(Quantise_AnyVector_IsWithinItsMeasuredBound) {
    // Equation (2) of bounds.h on pairs that are unlike each other: peaks, constants, tiny and zero vectors among them.
    std::vector<std::vector<float>> vectors;
    for (unsigned s = 0; s < 20; ++s) vectors.push_back(gaussian(s, 104));
    for (unsigned s = 0; s < 5; ++s) vectors.push_back(gaussian(s, 104)), vectors.back()[s] = 30;
    vectors.emplace_back(104, 0.5f);
    vectors.emplace_back(104, 0.0f);
    vectors.emplace_back(104, 1e-34f);
    for (auto& v : vectors) {
        const double length = std::sqrt(cfn::sum_of_products(v.data(), v.data(), 104));
        if (length > 1)
            for (float& x : v) x = static_cast<float>(static_cast<double>(x) / length);
    }
    std::vector<int8_t> a(104), b(104);
    for (const auto& q : vectors)
        for (const auto& x : vectors) {
            const auto mine = cfn::quantise(q.data(), 104, cfn::query_levels, a.data()),
                       theirs = cfn::quantise(x.data(), 104, cfn::row_levels, b.data());
            double product = 0;
            for (std::size_t k = 0; k < 104; ++k) product += a[k] * b[k];
            const double estimate = product * static_cast<double>(mine.step) * static_cast<double>(theirs.step);
            const auto bound = static_cast<double>(mine.residual * theirs.rounded + mine.length * theirs.residual);
            CHECK(std::abs(cfn::sum_of_products(q.data(), x.data(), 104) - estimate) <= bound + 2e-6);
        }
}

TEST(Basis_OutlierCoordinates_AreRotatedAndProductsKept) {
    const std::size_t d = 200;
    auto rows = clustered(3, 80, d);
    for (std::size_t r = 0; r < 80; ++r) {
        const auto length = std::sqrt(cfn::sum_of_products(&rows[r * d], &rows[r * d], d));
        for (std::size_t k = 0; k < d; ++k) rows[r * d + k] = static_cast<float>(static_cast<double>(rows[r * d + k]) / length);
    }
    const auto basis = cfn::Basis::choose(rows.data(), 80, d);
    CHECK(basis->rotates() && basis->padded() == 200);
    std::vector<float> a(200), b(200);
    for (std::size_t r = 1; r < 80; ++r) {
        const float shifts = basis->transform(&rows[0], a.data()) + basis->transform(&rows[r * d], b.data());
        const double found = cfn::sum_of_products(a.data(), b.data(), 200) + static_cast<double>(shifts) - basis->centre_squared();
        CHECK(std::abs(found - cfn::sum_of_products(&rows[0], &rows[r * d], d)) < static_cast<double>(cfn::slack) / 4);
    }
}

TEST(Crc32c_KnownText_HasItsPublishedValue) {
    CHECK(cfn::crc32c("123456789", 9) == 0xe3069283u); // RFC 3720's polynomial; the usual check value
    CHECK(cfn::crc32c("6789", 4, cfn::crc32c("12345", 5)) == 0xe3069283u);
}
