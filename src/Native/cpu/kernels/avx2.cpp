// AVX2 + FMA.
//
// Screening. vpmaddubsw multiplies unsigned query bytes (1 .. 127) by signed row bytes (-64 .. 64) and adds pairs: at most 2 * 127 * 64 =
// 16,256, so the sums of two such instructions (32,512) still fit 16 bits without saturation. Adding two before widening with vpmaddwd
// costs three multiplications for 64 products, where one widening each would cost four and float32 eight: measured 1.5 times the products
// of FMA on Zen 4 at its full rate.
#include "avx2.h"

namespace cfn {
namespace avx2 {

// Half a panel at a time: four sums, with enough registers for what they are made of.
CFN_AVX2 CFN_INLINE static void sum_half(const ScreenTile& t, int half, __m256i (&total)[tile_queries]) {
    const __m256i ones = _mm256_set1_epi16(1), bias = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(t.bias) + half);
    __m256i sum[tile_queries];
    for (int i = 0; i < tile_queries; ++i) sum[i] = bias;
    const uint8_t* q = t.queries;
    const auto* r = reinterpret_cast<const __m256i*>(t.rows) + half;
    for (std::size_t k = 0; k < t.values; k += step_values, r += 4, q += 2 * 4 * tile_queries) {
        const __m256i r0 = _mm256_load_si256(r), r1 = _mm256_load_si256(r + 2);
        for (int i = 0; i < tile_queries; ++i) {
            const __m256i products = _mm256_add_epi16(
                _mm256_maddubs_epi16(broadcast4(q + 4 * i), r0), _mm256_maddubs_epi16(broadcast4(q + 4 * (tile_queries + i)), r1)
            );
            sum[i] = _mm256_add_epi32(sum[i], _mm256_madd_epi16(products, ones));
        }
    }
    for (int i = 0; i < tile_queries; ++i) total[i] = sum[i];
}

CFN_AVX2 static uint64_t screen(const ScreenTile& t, float (*estimate)[panel_rows]) {
    __m256i low[tile_queries], high[tile_queries];
    sum_half(t, 0, low);
    sum_half(t, 1, high);
    uint64_t bits = 0;
    for (int i = 0; i < tile_queries; ++i) bits |= judge(t, i, low[i], high[i], estimate);
    return bits;
}

// Four partial vectors of four lanes hold the sixteen lanes of generic::dot.
CFN_AVX2 double dot(const float* q, const float* r, std::size_t d) {
    __m256d sum[4];
    for (std::size_t j = 0; j < 4; ++j) sum[j] = _mm256_setzero_pd();
    std::size_t k = 0;
    for (; k + generic::lanes <= d; k += generic::lanes)
        for (std::size_t j = 0; j < 4; ++j)
            sum[j] = _mm256_fmadd_pd(_mm256_cvtps_pd(_mm_loadu_ps(q + k + 4 * j)), _mm256_cvtps_pd(_mm_loadu_ps(r + k + 4 * j)), sum[j]);
    double lane[generic::lanes];
    for (std::size_t j = 0; j < 4; ++j) _mm256_storeu_pd(lane + 4 * j, sum[j]);
    for (std::size_t j = 0; k + j < d; ++j) lane[j] += static_cast<double>(q[k + j]) * static_cast<double>(r[k + j]);
    return generic::fold(lane);
}

CFN_AVX2 CFN_INLINE static float add_up(__m256 v) {
    __m128 x = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    x = _mm_add_ps(x, _mm_movehl_ps(x, x));
    return _mm_cvtss_f32(_mm_add_ss(x, _mm_movehdup_ps(x)));
}

// Q queries x R rows at once, along the coordinates: with both sides row-major nothing has to be packed, and 12 sums hide the latency of
// FMA.
template <int Q, int R>
CFN_AVX2 CFN_INLINE static void block(const float* q, const float* r, std::size_t d, float* out, std::size_t stride) {
    __m256 sum[Q][R];
    for (int i = 0; i < Q; ++i)
        for (int j = 0; j < R; ++j) sum[i][j] = _mm256_setzero_ps();
    std::size_t k = 0;
    for (; k + 8 <= d; k += 8) {
        __m256 row[R];
        for (int j = 0; j < R; ++j) row[j] = _mm256_loadu_ps(r + static_cast<std::size_t>(j) * d + k);
        for (int i = 0; i < Q; ++i) {
            const __m256 query = _mm256_loadu_ps(q + static_cast<std::size_t>(i) * d + k);
            for (int j = 0; j < R; ++j) sum[i][j] = _mm256_fmadd_ps(query, row[j], sum[i][j]);
        }
    }
    for (int i = 0; i < Q; ++i)
        for (int j = 0; j < R; ++j) {
            float total = add_up(sum[i][j]);
            for (std::size_t tail = k; tail < d; ++tail)
                total += q[static_cast<std::size_t>(i) * d + tail] * r[static_cast<std::size_t>(j) * d + tail];
            out[static_cast<std::size_t>(i) * stride + static_cast<std::size_t>(j)] = total;
        }
}

// Two sums a row, eight in all: as many as hide the latency of FMA.
CFN_AVX2 void few(const float* q, const float* const* rows, std::size_t d, float* out) {
    __m256 sum[few_rows][2];
    for (int j = 0; j < few_rows; ++j) sum[j][0] = sum[j][1] = _mm256_setzero_ps();
    std::size_t k = 0;
    for (; k + 16 <= d; k += 16) {
        const __m256 low = _mm256_loadu_ps(q + k), high = _mm256_loadu_ps(q + k + 8);
        for (int j = 0; j < few_rows; ++j) {
            sum[j][0] = _mm256_fmadd_ps(low, _mm256_loadu_ps(rows[j] + k), sum[j][0]);
            sum[j][1] = _mm256_fmadd_ps(high, _mm256_loadu_ps(rows[j] + k + 8), sum[j][1]);
        }
    }
    for (int j = 0; j < few_rows; ++j) {
        out[j] = add_up(_mm256_add_ps(sum[j][0], sum[j][1]));
        for (std::size_t tail = k; tail < d; ++tail) out[j] += q[tail] * rows[j][tail];
    }
}

// Q queries: with 6, 12 sums hide the latency of FMA and 8 loads a coordinate feed 12 products.
template <std::size_t Q>
CFN_AVX2 CFN_INLINE static void multiply_some(const ProductTile& t, std::size_t first, float (*product)[panel_rows], uint16_t* hits) {
    __m256 sum[Q][2];
    for (auto& s : sum) s[0] = s[1] = _mm256_setzero_ps();
    const float* q = t.queries + first * t.values;
    const float* r = t.rows;
    for (std::size_t k = 0; k < t.values; ++k, r += panel_rows) {
        const __m256 low = _mm256_load_ps(r), high = _mm256_load_ps(r + 8);
        for (std::size_t i = 0; i < Q; ++i) {
            const __m256 query = _mm256_broadcast_ss(q + i * t.values + k);
            sum[i][0] = _mm256_fmadd_ps(query, low, sum[i][0]);
            sum[i][1] = _mm256_fmadd_ps(query, high, sum[i][1]);
        }
    }
    for (std::size_t i = 0; i < Q; ++i) {
        const __m256 threshold = _mm256_broadcast_ss(t.threshold + first + i);
        const int low = _mm256_movemask_ps(_mm256_cmp_ps(sum[i][0], threshold, _CMP_GE_OQ)),
                  high = _mm256_movemask_ps(_mm256_cmp_ps(sum[i][1], threshold, _CMP_GE_OQ));
        hits[first + i] = static_cast<uint16_t>(low | high << 8);
        _mm256_storeu_ps(product[first + i], sum[i][0]);
        _mm256_storeu_ps(product[first + i] + 8, sum[i][1]);
    }
}

CFN_AVX2 void multiply(const ProductTile& t, float (*product)[panel_rows], uint16_t* hits) {
    std::size_t i = 0;
    for (; i + 6 <= t.count; i += 6) multiply_some<6>(t, i, product, hits);
    for (; i + 2 <= t.count; i += 2) multiply_some<2>(t, i, product, hits);
    if (i < t.count) multiply_some<1>(t, i, product, hits);
}

CFN_AVX2 void dots(const float* q, std::size_t queries, const float* r, std::size_t rows, std::size_t d, float* out, std::size_t stride) {
    std::size_t i = 0;
    for (; i + 4 <= queries; i += 4) {
        std::size_t j = 0;
        for (; j + 3 <= rows; j += 3) block<4, 3>(q + i * d, r + j * d, d, out + i * stride + j, stride);
        for (; j < rows; ++j) block<4, 1>(q + i * d, r + j * d, d, out + i * stride + j, stride);
    }
    for (; i < queries; ++i)
        for (std::size_t j = 0; j < rows; ++j) block<1, 1>(q + i * d, r + j * d, d, out + i * stride + j, stride);
}

} // namespace avx2

const Kernel avx2_kernel{"avx2", avx2::screen, avx2::multiply, avx2::dots, avx2::few, avx2::dot, [] {
                             return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
                         }};

} // namespace cfn
