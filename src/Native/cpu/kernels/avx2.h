// What the 256-bit kernels share. Function targets instead of compiler options: nothing outside these functions can come to use the
// instructions.
#pragma once
#include <immintrin.h>

#include <cstring>

#include "generic.h"

#define CFN_AVX2 __attribute__((target("avx2,fma")))

namespace cfn::avx2 {

CFN_AVX2 CFN_INLINE __m256i broadcast4(const uint8_t* p) {
    int32_t four;
    std::memcpy(&four, p, sizeof four);
    return _mm256_set1_epi32(four);
}

CFN_AVX2 CFN_INLINE uint64_t judge(const ScreenTile& t, int q, __m256i low, __m256i high, float (*estimate)[panel_rows]) {
    const __m256 scale = _mm256_set1_ps(t.query_scale[q]), threshold = _mm256_set1_ps(t.threshold[q]);
    const __m256 a = _mm256_fmadd_ps(_mm256_mul_ps(_mm256_cvtepi32_ps(low), _mm256_loadu_ps(t.scale)), scale, _mm256_loadu_ps(t.shift));
    const __m256 b =
        _mm256_fmadd_ps(_mm256_mul_ps(_mm256_cvtepi32_ps(high), _mm256_loadu_ps(t.scale + 8)), scale, _mm256_loadu_ps(t.shift + 8));
    const auto bits = static_cast<uint32_t>(_mm256_movemask_ps(_mm256_cmp_ps(a, threshold, _CMP_GE_OQ)))
        | static_cast<uint32_t>(_mm256_movemask_ps(_mm256_cmp_ps(b, threshold, _CMP_GE_OQ))) << 8;
    if (bits == 0) return 0;
    _mm256_storeu_ps(estimate[q], a);
    _mm256_storeu_ps(estimate[q] + 8, b);
    return static_cast<uint64_t>(bits) << (panel_rows * q);
}

void multiply(const ProductTile& t, float (*product)[panel_rows], uint16_t* hits);
void few(const float* q, const float* const* rows, std::size_t d, float* out);
double dot(const float* q, const float* r, std::size_t d);
void dots(const float* q, std::size_t queries, const float* r, std::size_t rows, std::size_t d, float* out, std::size_t stride);

} // namespace cfn::avx2
