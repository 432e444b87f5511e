// Rounding a vector to integers, and the sums that go with it. Sums run in sixteen lanes so that compilers can vectorise them.
#pragma once
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace cfn {

// A vector as step * integers + what is lost; lengths are Euclidean.
struct Quantised {
    float step;     // 0 for the zero vector
    float length;   // of the vector itself
    float rounded;  // of step * integers
    float residual; // of the difference
};

inline constexpr std::size_t sum_lanes = 16;

inline double fold(const double (&sum)[sum_lanes]) {
    double total = 0;
    for (double s : sum) total += s;
    return total;
}

inline double sum_of_products(const float* a, const float* b, std::size_t n) {
    double sum[sum_lanes] = {};
    std::size_t k = 0;
    for (; k + sum_lanes <= n; k += sum_lanes)
        for (std::size_t j = 0; j < sum_lanes; ++j) sum[j] += static_cast<double>(a[k + j]) * static_cast<double>(b[k + j]);
    for (std::size_t j = 0; k + j < n; ++j) sum[j] += static_cast<double>(a[k + j]) * static_cast<double>(b[k + j]);
    return fold(sum);
}

// n is a multiple of 8; out gets integers of -levels .. levels.
inline Quantised quantise(const float* v, std::size_t n, int levels, int8_t* out) {
    float peaks[8] = {};
    for (std::size_t k = 0; k < n; k += 8)
        for (std::size_t j = 0; j < 8; ++j) peaks[j] = std::fabs(v[k + j]) > peaks[j] ? std::fabs(v[k + j]) : peaks[j];
    float peak = 0;
    for (float p : peaks) peak = p > peak ? p : peak;
    // Below this the inverse overflows; lengths are at most 2, so nothing that matters is lost: the residual says how much.
    const bool zero = peak < 1e-30f;
    const float step = zero ? 0.0f : peak / static_cast<float>(levels), inverse = zero ? 0.0f : 1 / step;

    // Adding 1.5 * 2^23 leaves no bits for the fraction: rounds to nearest without a library call.
    constexpr float round = 12582912.0f;
    float length[8] = {}, rounded[8] = {}, residual[8] = {};
    double sums[3] = {};
    // Float32 sums of at most 64 terms a lane at a time keep their relative error far below the slack.
    for (std::size_t start = 0; start < n; start += 512) {
        const std::size_t end = start + 512 < n ? start + 512 : n;
        for (std::size_t k = start; k < end; k += 8)
            for (std::size_t j = 0; j < 8; ++j) {
                const float whole = (v[k + j] * inverse + round) - round, lost = v[k + j] - step * whole;
                out[k + j] = static_cast<int8_t>(static_cast<int32_t>(whole));
                length[j] += v[k + j] * v[k + j];
                rounded[j] += whole * whole;
                residual[j] += lost * lost;
            }
        for (std::size_t j = 0; j < 8; ++j) {
            sums[0] += static_cast<double>(length[j]);
            sums[1] += static_cast<double>(rounded[j]);
            sums[2] += static_cast<double>(residual[j]);
            length[j] = rounded[j] = residual[j] = 0;
        }
    }
    const auto root = [](double x) { return static_cast<float>(std::sqrt(x)); };
    return {step, root(sums[0]), step * root(sums[1]), root(sums[2])};
}

} // namespace cfn
