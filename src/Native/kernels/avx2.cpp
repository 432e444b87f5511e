// AVX2 + FMA.
//
// Screening. vpmaddubsw multiplies unsigned query bytes (1 .. 127) by signed row bytes (-64 .. 64) and adds pairs: at most 2 * 127 * 64 = 16,256, so the
// sums of two such instructions (32,512) still fit 16 bits without saturation. Adding two before widening with vpmaddwd costs three multiplications for 64
// products, where one widening each would cost four and float32 eight: measured 1.5 times the products of FMA on Zen 4 at its full rate.
#include "avx2.h"

namespace cfn {
namespace avx2 {

// _mm256_maddubs_epi16 with its second operand in memory. Left to the compiler, all four row vectors go into registers, which leaves one too few for the sums.
CFN_AVX2 CFN_INLINE static __m256i multiply_from(__m256i unsigned_bytes, const __m256i* signed_bytes) {
    __m256i product;
    asm("vpmaddubsw %2, %1, %0" : "=x"(product) : "x"(unsigned_bytes), "m"(*signed_bytes));
    return product;
}

CFN_AVX2 static uint64_t screen(const ScreenTile& t, float (*estimate)[panel_rows]) {
    const __m256i ones = _mm256_set1_epi16(1);
    __m256i sum[tile_queries][2];
    for (auto& s : sum) {
        s[0] = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(t.bias));
        s[1] = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(t.bias + 8));
    }
    const uint8_t* q = t.queries;
    const auto* r = reinterpret_cast<const __m256i*>(t.rows);
    for (std::size_t k = 0; k < t.values; k += step_values, r += 4, q += 2 * 4 * tile_queries) {
        const __m256i r0 = _mm256_load_si256(r), r1 = _mm256_load_si256(r + 1);
        for (int i = 0; i < tile_queries; ++i) {
            const __m256i a = broadcast4(q + 4 * i), b = broadcast4(q + 4 * (tile_queries + i));
            const __m256i low = _mm256_add_epi16(_mm256_maddubs_epi16(a, r0), multiply_from(b, r + 2));
            const __m256i high = _mm256_add_epi16(_mm256_maddubs_epi16(a, r1), multiply_from(b, r + 3));
            sum[i][0] = _mm256_add_epi32(sum[i][0], _mm256_madd_epi16(low, ones));
            sum[i][1] = _mm256_add_epi32(sum[i][1], _mm256_madd_epi16(high, ones));
        }
    }
    uint64_t bits = 0;
    for (int i = 0; i < tile_queries; ++i) bits |= judge(t, i, sum[i][0], sum[i][1], estimate);
    return bits;
}

// Four partial vectors of four lanes hold the sixteen lanes of generic::dot.
CFN_AVX2 double dot(const double* q, const float* r, std::size_t d) {
    __m256d sum[4] = {};
    std::size_t k = 0;
    for (; k + generic::lanes <= d; k += generic::lanes)
        for (std::size_t j = 0; j < 4; ++j)
            sum[j] = _mm256_fmadd_pd(_mm256_loadu_pd(q + k + 4 * j), _mm256_cvtps_pd(_mm_loadu_ps(r + k + 4 * j)), sum[j]);
    double lane[generic::lanes];
    for (std::size_t j = 0; j < 4; ++j) _mm256_storeu_pd(lane + 4 * j, sum[j]);
    for (std::size_t j = 0; k + j < d; ++j) lane[j] += q[k + j] * static_cast<double>(r[k + j]);
    return generic::fold(lane);
}

CFN_AVX2 CFN_INLINE static float add_up(__m256 v) {
    __m128 x = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    x = _mm_add_ps(x, _mm_movehl_ps(x, x));
    return _mm_cvtss_f32(_mm_add_ss(x, _mm_movehdup_ps(x)));
}

// Q queries x R rows at once, along the coordinates: with both sides row-major nothing has to be packed, and 12 sums hide the latency of FMA.
template <int Q, int R>
CFN_AVX2 CFN_INLINE static void block(const float* q, const float* r, std::size_t d, float* out, std::size_t stride) {
    __m256 sum[Q][R];
    for (auto& line : sum)
        for (auto& s : line) s = _mm256_setzero_ps();
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
            for (std::size_t tail = k; tail < d; ++tail) total += q[static_cast<std::size_t>(i) * d + tail] * r[static_cast<std::size_t>(j) * d + tail];
            out[static_cast<std::size_t>(i) * stride + static_cast<std::size_t>(j)] = total;
        }
}

// A single product: four sums, since one would wait for itself.
CFN_AVX2 static float one(const float* q, const float* r, std::size_t d) {
    __m256 sum[4];
    for (auto& s : sum) s = _mm256_setzero_ps();
    std::size_t k = 0;
    for (; k + 32 <= d; k += 32)
        for (std::size_t j = 0; j < 4; ++j) sum[j] = _mm256_fmadd_ps(_mm256_loadu_ps(q + k + 8 * j), _mm256_loadu_ps(r + k + 8 * j), sum[j]);
    for (; k + 8 <= d; k += 8) sum[0] = _mm256_fmadd_ps(_mm256_loadu_ps(q + k), _mm256_loadu_ps(r + k), sum[0]);
    float total = add_up(_mm256_add_ps(_mm256_add_ps(sum[0], sum[1]), _mm256_add_ps(sum[2], sum[3])));
    for (; k < d; ++k) total += q[k] * r[k];
    return total;
}

CFN_AVX2 void dots(const float* q, std::size_t queries, const float* r, std::size_t rows, std::size_t d, float* out, std::size_t stride) {
    std::size_t i = 0;
    for (; i + 4 <= queries; i += 4) {
        std::size_t j = 0;
        for (; j + 3 <= rows; j += 3) block<4, 3>(q + i * d, r + j * d, d, out + i * stride + j, stride);
        for (; j < rows; ++j) block<4, 1>(q + i * d, r + j * d, d, out + i * stride + j, stride);
    }
    if (queries == 1 && rows == 1) {
        *out = one(q, r, d);
        return;
    }
    for (; i < queries; ++i)
        for (std::size_t j = 0; j < rows; ++j) block<1, 1>(q + i * d, r + j * d, d, out + i * stride + j, stride);
}

} // namespace avx2

const Kernel avx2_kernel{"avx2", avx2::screen, avx2::dots, avx2::dot, [] { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }};

} // namespace cfn
