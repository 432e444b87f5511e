// 64-bit ARM: NEON, which every such processor has, and its dot-product instructions (ARMv8.2, Jetson Orin among others).
#include <arm_neon.h>
#include <sys/auxv.h>

#ifndef HWCAP_ASIMDDP
#define HWCAP_ASIMDDP (1 << 20)
#endif

#include "generic.h"

namespace cfn {
namespace {

constexpr int vectors = panel_rows / 4;

CFN_INLINE uint64_t judge_all(const ScreenTile& t, const int32x4_t (&sum)[tile_queries][vectors], float (*estimate)[panel_rows]) {
    uint64_t bits = 0;
    for (int q = 0; q < tile_queries; ++q) {
        int32_t sums[panel_rows];
        for (int v = 0; v < vectors; ++v) vst1q_s32(sums + 4 * v, sum[q][v]);
        bits |= generic::judge(t, q, sums, estimate[q]);
    }
    return bits;
}

// The bias assumes unsigned queries; with signed ones the sums start at zero.
__attribute__((target("arch=armv8.2-a+dotprod"))) uint64_t screen_dot(const ScreenTile& t, float (*estimate)[panel_rows]) {
    const int8x16_t offset = vdupq_n_s8(query_offset);
    int32x4_t sum[tile_queries][vectors] = {};
    for (std::size_t k = 0; k < t.values / 4; ++k) {
        const int8x16_t q = vsubq_s8(vreinterpretq_s8_u8(vld1q_u8(t.queries + k * 4 * tile_queries)), offset);
        for (int v = 0; v < vectors; ++v) {
            const int8x16_t r = vld1q_s8(t.rows + k * 4 * panel_rows + 16 * v);
            sum[0][v] = vdotq_laneq_s32(sum[0][v], r, q, 0);
            sum[1][v] = vdotq_laneq_s32(sum[1][v], r, q, 1);
            sum[2][v] = vdotq_laneq_s32(sum[2][v], r, q, 2);
            sum[3][v] = vdotq_laneq_s32(sum[3][v], r, q, 3);
        }
    }
    return judge_all(t, sum, estimate);
}

// Without dot products: 16-bit products of the two groups of four are added (at most 2 * 63 * 64), then pairs twice.
uint64_t screen(const ScreenTile& t, float (*estimate)[panel_rows]) {
    int32x4_t sum[tile_queries][vectors] = {};
    const int8x16_t offset = vdupq_n_s8(query_offset);
    for (std::size_t k = 0; k < t.values / 4; k += 2) {
        for (int i = 0; i < tile_queries; ++i) {
            const int8x16_t a = vsubq_s8(
                vreinterpretq_s8_u32(
                    vld1q_dup_u32(reinterpret_cast<const uint32_t*>(t.queries + (k * tile_queries + static_cast<std::size_t>(i)) * 4))
                ),
                offset
            );
            const int8x16_t b = vsubq_s8(
                vreinterpretq_s8_u32(
                    vld1q_dup_u32(reinterpret_cast<const uint32_t*>(t.queries + ((k + 1) * tile_queries + static_cast<std::size_t>(i)) * 4))
                ),
                offset
            );
            for (int v = 0; v < vectors; ++v) {
                const int8x16_t r = vld1q_s8(t.rows + k * 4 * panel_rows + 16 * v),
                                s = vld1q_s8(t.rows + (k + 1) * 4 * panel_rows + 16 * v);
                const int16x8_t low = vmlal_s8(vmull_s8(vget_low_s8(a), vget_low_s8(r)), vget_low_s8(b), vget_low_s8(s));
                const int16x8_t high = vmlal_high_s8(vmull_high_s8(a, r), b, s);
                sum[i][v] = vaddq_s32(sum[i][v], vpaddq_s32(vpaddlq_s16(low), vpaddlq_s16(high)));
            }
        }
    }
    return judge_all(t, sum, estimate);
}

// The loops of generic.h vectorise as they stand: 16 lanes are four float32 and eight float64 vectors.
void dots(const float* q, std::size_t n, const float* r, std::size_t m, std::size_t d, float* out, std::size_t stride) {
    generic::dots(q, n, r, m, d, out, stride);
}
void multiply(const ProductTile& t, float (*product)[panel_rows], uint16_t* hits) { generic::multiply(t, product, hits); }
void few(const float* q, const float* const* rows, std::size_t d, float* out) { generic::few(q, rows, d, out); }
double dot(const float* q, const float* r, std::size_t d) { return generic::dot(q, r, d); }

} // namespace

const Kernel neon_kernel{"neon", screen, multiply, dots, few, dot, [] { return true; }};
const Kernel neon_dot_kernel{"neondot", screen_dot, multiply, dots, few, dot, [] { return (getauxval(AT_HWCAP) & HWCAP_ASIMDDP) != 0; }};

} // namespace cfn
