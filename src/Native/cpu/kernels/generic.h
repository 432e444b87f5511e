// Kernel bodies without instructions of a particular processor. Inlined into functions of any target, so that the compiler vectorises them
// for it.
#pragma once
#include "kernel.h"

#define CFN_INLINE [[gnu::always_inline]] inline

namespace cfn::generic {

// Sixteen partial sums, lane j over the coordinates j, j + 16, ...; then halves are added to halves. Kernels that vectorise this by hand
// keep the order.
inline constexpr std::size_t lanes = 16;

CFN_INLINE double fold(double (&sum)[lanes]) {
    for (std::size_t half = lanes / 2; half > 0; half /= 2)
        for (std::size_t j = 0; j < half; ++j) sum[j] += sum[j + half];
    return sum[0];
}

CFN_INLINE double dot(const float* q, const float* r, std::size_t d) {
    double sum[lanes] = {};
    std::size_t k = 0;
    for (; k + lanes <= d; k += lanes)
        for (std::size_t j = 0; j < lanes; ++j) sum[j] += static_cast<double>(q[k + j]) * static_cast<double>(r[k + j]);
    for (std::size_t j = 0; k + j < d; ++j) sum[j] += static_cast<double>(q[k + j]) * static_cast<double>(r[k + j]);
    return fold(sum);
}

CFN_INLINE float dot32(const float* q, const float* r, std::size_t d) {
    float sum[lanes] = {};
    std::size_t k = 0;
    for (; k + lanes <= d; k += lanes)
        for (std::size_t j = 0; j < lanes; ++j) sum[j] += q[k + j] * r[k + j];
    for (std::size_t j = 0; k + j < d; ++j) sum[j] += q[k + j] * r[k + j];
    for (std::size_t half = lanes / 2; half > 0; half /= 2)
        for (std::size_t j = 0; j < half; ++j) sum[j] += sum[j + half];
    return sum[0];
}

CFN_INLINE void dots(const float* q, std::size_t queries, const float* r, std::size_t rows, std::size_t d, float* out, std::size_t stride) {
    for (std::size_t i = 0; i < queries; ++i)
        for (std::size_t j = 0; j < rows; ++j) out[i * stride + j] = dot32(q + i * d, r + j * d, d);
}

CFN_INLINE void few(const float* q, const float* const* rows, std::size_t d, float* out) {
    for (std::size_t j = 0; j < few_rows; ++j) out[j] = dot32(q, rows[j], d);
}

CFN_INLINE void multiply(const ProductTile& t, float (*product)[panel_rows], uint16_t* hits) {
    for (std::size_t i = 0; i < t.count; ++i) {
        const float* q = t.queries + i * t.values;
        float sum[panel_rows] = {};
        for (std::size_t k = 0; k < t.values; ++k)
            for (std::size_t r = 0; r < panel_rows; ++r) sum[r] += q[k] * t.rows[k * panel_rows + r];
        unsigned bits = 0;
        for (std::size_t r = 0; r < panel_rows; ++r) {
            product[i][r] = sum[r];
            bits |= static_cast<unsigned>(sum[r] >= t.threshold[i]) << r;
        }
        hits[i] = static_cast<uint16_t>(bits);
    }
}

// From the integer sums of one query to its estimates and bits.
CFN_INLINE uint64_t judge(const ScreenTile& t, int query, const int32_t* sums, float* estimate) {
    uint64_t bits = 0;
    for (int r = 0; r < panel_rows; ++r) {
        estimate[r] = static_cast<float>(sums[r]) * t.scale[r] * t.query_scale[query] + t.shift[r];
        bits |= static_cast<uint64_t>(estimate[r] >= t.threshold[query]) << r;
    }
    return bits << (panel_rows * query);
}

CFN_INLINE uint64_t screen(const ScreenTile& t, float (*estimate)[panel_rows]) {
    uint64_t bits = 0;
    for (int q = 0; q < tile_queries; ++q) {
        int32_t sums[panel_rows];
        for (int r = 0; r < panel_rows; ++r) sums[r] = t.bias[r];
        for (std::size_t k = 0; k < t.values / 4; ++k)
            for (int r = 0; r < panel_rows; ++r)
                for (std::size_t j = 0; j < 4; ++j)
                    sums[r] += t.queries[(k * tile_queries + static_cast<std::size_t>(q)) * 4 + j]
                        * t.rows[(k * panel_rows + static_cast<std::size_t>(r)) * 4 + j];
        bits |= judge(t, q, sums, estimate[q]);
    }
    return bits;
}

} // namespace cfn::generic
