// The answer is that of float64, whatever the data make of the screening.
#include <algorithm>
#include <array>

#include "testing.h"

using namespace testing;

namespace {

struct Case {
    std::size_t dimension;
    std::vector<std::vector<float>> images;
    std::vector<float> queries;
};

double cosine(const float* q, const float* x, std::size_t d) {
    double dot = 0, qq = 0;
    for (std::size_t k = 0; k < d; ++k) {
        dot += static_cast<double>(q[k]) * static_cast<double>(x[k]);
        qq += static_cast<double>(q[k]) * static_cast<double>(q[k]);
    }
    return dot / std::sqrt(qq);
}

void check_exact(const Case& c, int32_t exclude = -1, int threads = 2) {
    const std::size_t d = c.dimension, count = c.queries.size() / d;
    TestBank bank(d);
    std::vector<float> all;
    std::vector<int32_t> image_of, row_of;
    for (std::size_t i = 0; i < c.images.size(); ++i) {
        const auto& rows = c.images[i];
        CHECK_STATUS(CFN_OK, cfn_bank_append(bank.handle, CFN_FLOAT32, rows.data(), rows.size(), rows.size() / d, nullptr, nullptr));
        const auto unit = unit_rows(rows, d);
        all.insert(all.end(), unit.begin(), unit.end());
        for (std::size_t r = 0; r < rows.size() / d; ++r)
            image_of.push_back(static_cast<int32_t>(i)), row_of.push_back(static_cast<int32_t>(r));
    }
    Result found(count);
    const cfn_search search = request(c.queries, d, found, threads, exclude);
    CHECK_STATUS(CFN_OK, cfn_bank_search(bank.handle, &search));

    for (std::size_t q = 0; q < count; ++q) {
        double best = -2;
        for (std::size_t r = 0; r < image_of.size(); ++r)
            if (image_of[r] != exclude) best = std::max(best, cosine(&c.queries[q * d], &all[r * d], d));
        const auto row = static_cast<std::size_t>(found.row[q]);
        const double claimed = cosine(&c.queries[q * d], &all[row * d], d);
        CHECK_THAT(
            row < image_of.size() && image_of[row] == found.image[q] && row_of[row] == found.image_row[q] && found.image[q] != exclude,
            "query ", q, " row ", row
        );
        CHECK_THAT(claimed >= best - 1e-13, "query ", q, ": row ", row, " at ", claimed, ", best is ", best);
        CHECK_THAT(
            std::abs(static_cast<double>(found.similarity[q]) - best) <= 6.1e-8, "query ", q, ": ", found.similarity[q], ", best is ", best
        );
        for (std::size_t r = 0; r < row; ++r)
            if (image_of[r] != exclude)
                CHECK_THAT(
                    !std::equal(&all[r * d], &all[r * d] + d, &all[row * d]), "query ", q, ": row ", row, " is named, but ", r, " is equal"
                );
    }
}

} // namespace

TEST(Search_RandomShapes_IsExact) {
    unsigned seed = 1;
    for (const auto& [queries, d, rows, images] :
         {std::array<std::size_t, 4>{1, 1, 1, 1},
          {7, 1, 3, 2},
          {1, 5, 1, 1},
          {6, 8, 16, 1},
          {13, 3, 17, 3},
          {50, 896, 225, 2},
          {97, 33, 31, 5},
          {150, 31, 64, 3},
          {5, 1280, 1, 20},
          {33, 640, 300, 2},
          {17, 64, 2000, 1},
          {9, 70, 257, 3},
          {3, 4097, 40, 1}}) {
        Case c{d, {}, gaussian(++seed, queries * d)};
        for (std::size_t i = 0; i < images; ++i) c.images.push_back(gaussian(++seed, rows * d));
        check_exact(c);
        if (images > 1) check_exact(c, static_cast<int32_t>(images / 2), 3);
    }
}

TEST(Search_ClusteredFeaturesWithOutlierCoordinates_IsExact) {
    for (std::size_t d : {64u, 320u, 896u}) check_exact({d, {clustered(5, 300, d), clustered(7, 200, d)}, clustered(9, 60, d)});
}

TEST(Search_RowsCloserThanTheScreeningBound_IsExact) {
    // All rows within 1e-3 .. 1e-7 of one direction: integers can't tell any of them apart, and at the lower end neither can float32. The
    // dimensions are those of float32 at once, of integers that give way to float32 in panels, and of integers that give way to float32 row
    // by row.
    for (std::size_t d : {24u, 96u, 200u})
        for (float spread : {1e-3f, 1e-5f, 1e-6f, 1e-7f}) {
            const auto centre = gaussian(3, d), noise = gaussian(4, 900 * d);
            std::vector<float> near(900 * d);
            for (std::size_t i = 0; i < near.size(); ++i) near[i] = centre[i % d] + spread * noise[i];
            check_exact({d, {clustered(5, 1, d), near}, centre});
        }
}

TEST(Search_SizesAroundEachChoiceOfPath_IsExact) {
    // Float32 at once: up to 32 coordinates, and up to 128 with up to 32,768 values. Guesses: from 600 rows on. All with rows that differ
    // in the last bits among others, in images of unequal sizes, and with one image left out.
    unsigned seed = 100;
    for (const auto& [d, rows] :
         {std::array<std::size_t, 2>{32, 1100},
          {33, 992},
          {33, 993},
          {33, 999},
          {33, 1000},
          {64, 512},
          {64, 513},
          {200, 599},
          {200, 600},
          {127, 258},
          {128, 256},
          {128, 257},
          {129, 40},
          {129, 1001}}) {
        const std::size_t first = rows / 3;
        Case c{d, {clustered(++seed, first, d), gaussian(++seed, (rows - first) * d)}, clustered(++seed, 19, d)};
        auto& last = c.images[1];
        for (std::size_t r = 0; r < 40 && r < rows - first; ++r)
            for (std::size_t k = 0; k < d; ++k)
                last[r * d + k] = k == r % d ? std::nextafter(c.queries[k], r % 2 == 0 ? 1e9f : -1e9f) : c.queries[k];
        check_exact(c);
        check_exact(c, 0);
        check_exact(c, 1, 1);
    }
}

TEST(Search_FirstGuessIsTheNearestRow_NamesTheLowestOfItsEquals) {
    // The guess for query i is row i; it is also at 0 and at the end.
    for (std::size_t d : {16u, 300u}) {
        const std::size_t rows = 1040;
        auto queries = gaussian(61, rows * d);
        auto image = queries;
        for (std::size_t i : {std::size_t{0}, rows - 1}) std::copy_n(&queries[500 * d], d, &image[i * d]);
        queries.resize(600 * d);
        check_exact({d, {image, image}, {queries.begin(), queries.begin() + static_cast<long>(40 * d)}});
        check_exact({d, {image}, {queries.begin() + static_cast<long>(480 * d), queries.begin() + static_cast<long>(520 * d)}});
    }
}

TEST(Search_RowsInAscendingOrder_IsExact) {
    // Every row is nearer than all before it, so that each one is a candidate when it comes.
    const std::size_t d = 48, rows = 1500;
    const auto target = gaussian(11, d), away = gaussian(12, d);
    std::vector<float> ascending;
    for (std::size_t r = 0; r < rows; ++r)
        for (std::size_t k = 0; k < d; ++k) ascending.push_back(target[k] + away[k] * static_cast<float>(rows - r) / rows);
    std::vector<float> queries;
    for (int i = 0; i < 20; ++i) queries.insert(queries.end(), target.begin(), target.end());
    check_exact({d, {ascending}, queries});
}

TEST(Search_AllRowsEqual_NamesTheFirst) {
    for (std::size_t d : {20u, 40u, 150u}) {
        const auto one = gaussian(21, d);
        std::vector<float> rows, queries = gaussian(22, d * 30);
        for (int i = 0; i < 700; ++i) rows.insert(rows.end(), one.begin(), one.end());
        check_exact({d, {rows, rows}, queries});
        check_exact({d, {rows, rows}, queries}, 0);
    }
}

TEST(Search_NeighboursThatDifferInTheLastBit_IsExact) {
    for (std::size_t d : {28u, 128u, 160u}) {
        const auto base = gaussian(31, d);
        std::vector<float> rows;
        for (std::size_t r = 0; r < 600; ++r) {
            auto row = base;
            row[r % d] = std::nextafter(row[r % d], r % 2 == 0 ? 100.0f : -100.0f);
            rows.insert(rows.end(), row.begin(), row.end());
        }
        auto queries = base;
        const auto more = gaussian(32, d * 10);
        queries.insert(queries.end(), more.begin(), more.end());
        check_exact({d, {rows}, queries});
    }
}

TEST(Search_LargeBank_FindsThePlantedRow) {
    const std::size_t d = 64, rows = 100000;
    auto bank_rows = gaussian(41, rows * d);
    std::vector<float> queries;
    for (std::size_t q = 0; q < 40; ++q)
        for (std::size_t k = 0; k < d; ++k) queries.push_back(3 * bank_rows[(q * 2501 % rows) * d + k]);
    TestBank bank(d);
    CHECK_STATUS(CFN_OK, cfn_bank_append(bank.handle, CFN_FLOAT32, bank_rows.data(), bank_rows.size(), rows, nullptr, nullptr));
    Result found(40);
    const cfn_search search = request(queries, d, found, 2);
    CHECK_STATUS(CFN_OK, cfn_bank_search(bank.handle, &search));
    for (std::size_t q = 0; q < 40; ++q) CHECK(found.row[q] == static_cast<int64_t>(q * 2501 % rows) && found.similarity[q] > 0.999999f);
}

TEST(Search_ExtremeLengths_OnlyTheDirectionCounts) {
    for (float scale : {1e-42f, 1e-30f, 1e30f, 1e38f}) {
        check_exact({3, {{scale, 0, scale, 0, scale, 0}, {0, 2 * scale, scale}}, {scale, 0.5f * scale, scale, 0, 0, scale}});
    }
}

TEST(Search_OneThreadOrMany_GivesTheSameBits) {
    const auto rows = clustered(51, 700, 96), queries = clustered(53, 333, 96);
    TestBank bank(96);
    CHECK_STATUS(CFN_OK, cfn_bank_append(bank.handle, CFN_FLOAT32, rows.data(), rows.size(), 700, nullptr, nullptr));
    Result one(333), many(333);
    cfn_search search = request(queries, 96, one, 1);
    CHECK_STATUS(CFN_OK, cfn_bank_search(bank.handle, &search));
    search = request(queries, 96, many, 7);
    CHECK_STATUS(CFN_OK, cfn_bank_search(bank.handle, &search));
    CHECK(one.row == many.row && one.similarity == many.similarity);
}
