#include "quantise.h"

#include <cmath>
#include <cstring>

#include "../kernels/kernel.h"
#include "clones.h"

namespace cfn {

constexpr std::size_t sum_lanes = 16;

// Vectors of GCC and Clang, for any processor.
typedef float Eight __attribute__((vector_size(32)));

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

CFN_CLONES double sum_of_squares(const float* v, std::size_t n) {
    double sum[sum_lanes] = {};
    std::size_t k = 0;
    for (; k + sum_lanes <= n; k += sum_lanes)
        for (std::size_t j = 0; j < sum_lanes; ++j) {
            const double x = static_cast<double>(v[k + j]);
            sum[j] += x * x;
        }
    for (std::size_t j = 0; k + j < n; ++j) sum[j] += static_cast<double>(v[k + j]) * static_cast<double>(v[k + j]);
    return fold(sum);
}

CFN_CLONES void scale(float* v, std::size_t n, double factor) {
    // Beyond this, float32 has no such factor, or none that is exact enough.
    if (factor > 1e30 || factor < 1e-30) {
        for (std::size_t k = 0; k < n; ++k) v[k] = static_cast<float>(static_cast<double>(v[k]) * factor);
        return;
    }
    const auto rounded = static_cast<float>(factor);
    for (std::size_t k = 0; k < n; ++k) v[k] *= rounded;
}

CFN_CLONES double subtract(const float* v, const float* centre, std::size_t n, float* out) {
    double product = 0;
    std::size_t k = 0;
    // As in quantise, float32 sums are short.
    while (k + 8 <= n) {
        const std::size_t end = n - k < 512 ? n : k + 512;
        Eight sum{};
        for (; k + 8 <= end; k += 8) {
            Eight x, c;
            std::memcpy(&x, v + k, sizeof x);
            std::memcpy(&c, centre + k, sizeof c);
            const Eight difference = x - c;
            std::memcpy(out + k, &difference, sizeof difference);
            sum += x * c;
        }
        for (std::size_t j = 0; j < 8; ++j) product += static_cast<double>(sum[j]);
    }
    for (; k < n; ++k) {
        out[k] = v[k] - centre[k];
        product += static_cast<double>(v[k] * centre[k]);
    }
    return product;
}

// Four by four words of four bytes are transposed at a time.
void interleave(const int8_t* levels, std::size_t n, uint8_t* out) {
    static_assert(tile_queries == 4);
    typedef uint32_t Words __attribute__((vector_size(16)));
    typedef uint8_t Bytes __attribute__((vector_size(16)));
    std::size_t k = 0;
    for (; k + 16 <= n; k += 16) {
        Words line[4];
        for (std::size_t j = 0; j < 4; ++j) std::memcpy(&line[j], levels + j * n + k, sizeof line[j]);
        const Words a = __builtin_shuffle(line[0], line[1], Words{0, 4, 1, 5}), b = __builtin_shuffle(line[2], line[3], Words{0, 4, 1, 5});
        const Words c = __builtin_shuffle(line[0], line[1], Words{2, 6, 3, 7}), d = __builtin_shuffle(line[2], line[3], Words{2, 6, 3, 7});
        const Words group[4] = {
            __builtin_shuffle(a, b, Words{0, 1, 4, 5}), __builtin_shuffle(a, b, Words{2, 3, 6, 7}),
            __builtin_shuffle(c, d, Words{0, 1, 4, 5}), __builtin_shuffle(c, d, Words{2, 3, 6, 7})};
        for (std::size_t j = 0; j < 4; ++j) {
            const Bytes bytes = reinterpret_cast<const Bytes&>(group[j]) + static_cast<uint8_t>(query_offset);
            std::memcpy(out + (k + 4 * j) * tile_queries, &bytes, sizeof bytes);
        }
    }
    for (; k < n; ++k)
        for (std::size_t j = 0; j < tile_queries; ++j)
            out[(k / 4 * tile_queries + j) * 4 + k % 4] = static_cast<uint8_t>(levels[j * n + k] + query_offset);
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
        float wholes[512]; // to bytes in a loop of their own, which compilers pack well
        Eight length{}, rounded{}, residual{};
        for (std::size_t k = start; k < end; k += 8) {
            Eight x;
            std::memcpy(&x, v + k, sizeof x);
            const Eight whole = (x * inverse + round) - round, lost = x - step * whole;
            std::memcpy(wholes + (k - start), &whole, sizeof whole);
            length += x * x;
            rounded += whole * whole;
            residual += lost * lost;
        }
        for (std::size_t k = start; k < end; ++k) out[k] = static_cast<int8_t>(static_cast<int32_t>(wholes[k - start]));
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
