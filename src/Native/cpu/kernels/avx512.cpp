// AVX-512 with VNNI: one vector is a whole panel. Even and odd groups of coordinates have their own sums, so that eight chains hide the
// latency.
#include <immintrin.h>

#include <cstring>

#include "avx2.h"

#define CFN_AVX512 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma")))

namespace cfn {
namespace {

CFN_AVX512 CFN_INLINE __m512i broadcast(const uint8_t* p) {
    int32_t four;
    std::memcpy(&four, p, sizeof four);
    return _mm512_set1_epi32(four);
}

CFN_AVX512 uint64_t screen(const ScreenTile& t, float (*estimate)[panel_rows]) {
    __m512i even[tile_queries], odd[tile_queries];
    for (int i = 0; i < tile_queries; ++i) {
        even[i] = _mm512_loadu_si512(t.bias);
        odd[i] = _mm512_setzero_si512();
    }
    const uint8_t* q = t.queries;
    const int8_t* r = t.rows;
    for (std::size_t k = 0; k < t.values; k += step_values, r += 128, q += 2 * 4 * tile_queries) {
        const __m512i r0 = _mm512_load_si512(r), r1 = _mm512_load_si512(r + 64);
        for (int i = 0; i < tile_queries; ++i) {
            even[i] = _mm512_dpbusd_epi32(even[i], broadcast(q + 4 * i), r0);
            odd[i] = _mm512_dpbusd_epi32(odd[i], broadcast(q + 4 * (tile_queries + i)), r1);
        }
    }
    const __m512 scale = _mm512_loadu_ps(t.scale), shift = _mm512_loadu_ps(t.shift);
    uint64_t bits = 0;
    for (int i = 0; i < tile_queries; ++i) {
        const __m512 product = _mm512_mul_ps(_mm512_cvtepi32_ps(_mm512_add_epi32(even[i], odd[i])), scale);
        const __m512 value = _mm512_fmadd_ps(product, _mm512_set1_ps(t.query_scale[i]), shift);
        const __mmask16 mask = _mm512_cmp_ps_mask(value, _mm512_set1_ps(t.threshold[i]), _CMP_GE_OQ);
        if (mask == 0) continue;
        _mm512_storeu_ps(estimate[i], value);
        bits |= static_cast<uint64_t>(mask) << (panel_rows * i);
    }
    return bits;
}

// Two partial vectors of eight lanes hold the sixteen lanes of generic::dot.
CFN_AVX512 double dot(const float* q, const float* r, std::size_t d) {
    __m512d low = _mm512_setzero_pd(), high = low;
    std::size_t k = 0;
    for (; k + generic::lanes <= d; k += generic::lanes) {
        low = _mm512_fmadd_pd(_mm512_cvtps_pd(_mm256_loadu_ps(q + k)), _mm512_cvtps_pd(_mm256_loadu_ps(r + k)), low);
        high = _mm512_fmadd_pd(_mm512_cvtps_pd(_mm256_loadu_ps(q + k + 8)), _mm512_cvtps_pd(_mm256_loadu_ps(r + k + 8)), high);
    }
    double lane[generic::lanes];
    _mm512_storeu_pd(lane, low);
    _mm512_storeu_pd(lane + 8, high);
    for (std::size_t j = 0; k + j < d; ++j) lane[j] += static_cast<double>(q[k + j]) * static_cast<double>(r[k + j]);
    return generic::fold(lane);
}

// __builtin_cpu_supports also asks the operating system (XGETBV) whether it saves the registers.
bool available() {
    return avx2_kernel.available() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
        && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni");
}

} // namespace

// Float32 keeps 256 bits.
const Kernel avx512_kernel{"avx512", screen, avx2::multiply, avx2::dots, avx2::few, dot, available};

} // namespace cfn
