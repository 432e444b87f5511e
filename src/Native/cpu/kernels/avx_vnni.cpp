// AVX2 with the 256-bit VNNI instruction (Intel since Alder Lake, AMD since Zen 5): vpdpbusd does four products and the widening in one.
#include <cpuid.h>

#include "avx2.h"

namespace cfn {
namespace {

__attribute__((target("avx2,fma,avxvnni"))) uint64_t screen(const ScreenTile& t, float (*estimate)[panel_rows]) {
    __m256i sum[tile_queries][2];
    for (auto& s : sum) {
        s[0] = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(t.bias));
        s[1] = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(t.bias + 8));
    }
    const uint8_t* q = t.queries;
    const auto* r = reinterpret_cast<const __m256i*>(t.rows);
    for (std::size_t k = 0; k < t.values; k += 4, r += 2, q += 4 * tile_queries) {
        const __m256i r0 = _mm256_load_si256(r), r1 = _mm256_load_si256(r + 1);
        for (int i = 0; i < tile_queries; ++i) {
            const __m256i a = avx2::broadcast4(q + 4 * i);
            sum[i][0] = _mm256_dpbusd_avx_epi32(sum[i][0], a, r0);
            sum[i][1] = _mm256_dpbusd_avx_epi32(sum[i][1], a, r1);
        }
    }
    uint64_t bits = 0;
    for (int i = 0; i < tile_queries; ++i) bits |= avx2::judge(t, i, sum[i][0], sum[i][1], estimate);
    return bits;
}

// Leaf 7, sub-leaf 1, EAX bit 4 (Intel SDM, CPUID); GCC 12 has no name for it in __builtin_cpu_supports.
bool available() {
    unsigned a = 0, b = 0, c = 0, d = 0;
    return avx2_kernel.available() && __get_cpuid_count(7, 1, &a, &b, &c, &d) != 0 && (a & 1u << 4) != 0;
}

} // namespace

const Kernel avx_vnni_kernel{"avxvnni", screen, avx2::multiply, avx2::dots, avx2::few, avx2::dot, available};

} // namespace cfn
