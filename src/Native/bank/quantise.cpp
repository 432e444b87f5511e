#include "quantise.h"

#include <cmath>
#include <cstring>

// Vectorised by the compiler, once for every x86-64 processor and once for AVX2, chosen when the library is loaded. Both round alike. Sanitizers come too
// late for that choice.
#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define CFN_CLONES __attribute__((target_clones("avx2", "default")))
#else
#define CFN_CLONES
#endif

namespace cfn {

constexpr std::size_t sum_lanes = 16;

// Vectors of GCC and Clang, for any processor.
typedef float Eight __attribute__((vector_size(32)));
typedef int32_t EightInts __attribute__((vector_size(32)));
typedef int8_t EightBytes __attribute__((vector_size(8)));

[[gnu::always_inline]] inline double fold(const double (&sum)[sum_lanes]) {
    double total = 0;
    for (double s : sum) total += s;
    return total;
}

CFN_CLONES double sum_of_products(const float* a, const float* b, std::size_t n) {
    double sum[sum_lanes] = {};
    std::size_t k = 0;
    for (; k + sum_lanes <= n; k += sum_lanes)
        for (std::size_t j = 0; j < sum_lanes; ++j) sum[j] += static_cast<double>(a[k + j]) * static_cast<double>(b[k + j]);
    for (std::size_t j = 0; k + j < n; ++j) sum[j] += static_cast<double>(a[k + j]) * static_cast<double>(b[k + j]);
    return fold(sum);
}

CFN_CLONES Quantised quantise(const float* v, std::size_t n, int levels, int8_t* out) {
    Eight low{}, high{};
    for (std::size_t k = 0; k < n; k += 8) {
        Eight x;
        std::memcpy(&x, v + k, sizeof x);
        low = x < low ? x : low;
        high = x > high ? x : high;
    }
    float peak = 0;
    for (std::size_t j = 0; j < 8; ++j) peak = std::fmax(peak, std::fmax(-low[j], high[j]));
    // Below this the inverse overflows; lengths are at most 2, so nothing that matters is lost: the residual says how much.
    const bool zero = peak < 1e-30f;
    const float step = zero ? 0.0f : peak / static_cast<float>(levels), inverse = zero ? 0.0f : 1 / step;

    // Adding 1.5 * 2^23 leaves no bits for the fraction: rounds to nearest without a library call.
    constexpr float round = 12582912.0f;
    double sums[3] = {};
    // Float32 sums of at most 64 terms a lane at a time keep their relative error far below the slack.
    for (std::size_t start = 0; start < n; start += 512) {
        const std::size_t end = start + 512 < n ? start + 512 : n;
        Eight length{}, rounded{}, residual{};
        for (std::size_t k = start; k < end; k += 8) {
            Eight x;
            std::memcpy(&x, v + k, sizeof x);
            const Eight whole = (x * inverse + round) - round, lost = x - step * whole;
            const auto bytes = __builtin_convertvector(__builtin_convertvector(whole, EightInts), EightBytes);
            std::memcpy(out + k, &bytes, sizeof bytes);
            length += x * x;
            rounded += whole * whole;
            residual += lost * lost;
        }
        for (std::size_t j = 0; j < 8; ++j) {
            sums[0] += static_cast<double>(length[j]);
            sums[1] += static_cast<double>(rounded[j]);
            sums[2] += static_cast<double>(residual[j]);
        }
    }
    const auto root = [](double x) { return static_cast<float>(std::sqrt(x)); };
    return {step, root(sums[0]), step * root(sums[1]), root(sums[2])};
}

} // namespace cfn
