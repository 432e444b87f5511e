// IEEE binary16 in integer arithmetic, for any CPU.
#pragma once
#include <bit>
#include <cmath>
#include <cstdint>

namespace emulator {

inline float to_float(uint16_t half) {
    const uint32_t exponent = half >> 10 & 0x1fu, fraction = half & 0x3ffu;
    const float size = exponent == 31 ? (fraction == 0 ? INFINITY : NAN)
        : exponent == 0               ? std::ldexp(static_cast<float>(fraction), -24)
                                      : std::ldexp(static_cast<float>(fraction + 1024), static_cast<int>(exponent) - 25);
    return (half & 0x8000u) != 0 ? -size : size;
}

// To the nearest, ties to even.
inline uint16_t to_half(float value) {
    const auto sign = static_cast<uint16_t>(std::bit_cast<uint32_t>(value) >> 16 & 0x8000u);
    const float size = std::abs(value);
    if (std::isnan(value)) return 0x7fff;
    if (size >= 65520) return static_cast<uint16_t>(sign | 0x7c00);
    int exponent = 0;
    std::frexp(size, &exponent);
    const int step = std::max(exponent - 11, -24); // of the last place
    const auto places = static_cast<uint32_t>(std::nearbyint(std::ldexp(size, -step)));
    return static_cast<uint16_t>(sign | (static_cast<uint32_t>(step + 24) * 1024 + places));
}

} // namespace emulator
