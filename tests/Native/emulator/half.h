// IEEE binary16 in integer arithmetic, for any CPU.
#pragma once
#include <bit>
#include <cmath>
#include <cstdint>

namespace emulator {

inline float to_float(uint16_t half) {
    const uint32_t sign = static_cast<uint32_t>(half & 0x8000u) << 16, exponent = half >> 10 & 0x1fu, fraction = half & 0x3ffu;
    if (exponent == 0) return std::bit_cast<float>(sign | std::bit_cast<uint32_t>(static_cast<float>(fraction) * 0x1p-24f));
    return std::bit_cast<float>(sign | (exponent == 31 ? 255u : exponent + 112) << 23 | fraction << 13);
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
