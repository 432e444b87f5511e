#include "rows.h"

#include <bit>
#include <cmath>
#include <cstring>

#include "../../base/error.h"
#include "quantise.h"

namespace cfn {
namespace {

// IEEE 754 binary16; every value has an exact float32.
float widen(uint16_t half) {
    const uint32_t sign = static_cast<uint32_t>(half & 0x8000u) << 16, exponent = half >> 10 & 0x1fu, fraction = half & 0x3ffu;
    if (exponent == 0) return std::bit_cast<float>(sign | std::bit_cast<uint32_t>(static_cast<float>(fraction) * 0x1p-24f));
    if (exponent == 31) return std::bit_cast<float>(sign | 0x7f800000u | fraction << 13);
    return std::bit_cast<float>(sign | (exponent + 112) << 23 | fraction << 13);
}

} // namespace

void RowReader::read(std::size_t row, float* out) const {
    if (format_ == CFN_FLOAT32) {
        // Bytes, since callers' arrays need no particular alignment.
        std::memcpy(out, static_cast<const char*>(values_) + row * dimension_ * sizeof(float), dimension_ * sizeof(float));
        return;
    }
    const char* half = static_cast<const char*>(values_) + row * dimension_ * sizeof(uint16_t);
    for (std::size_t k = 0; k < dimension_; ++k) {
        uint16_t bits;
        std::memcpy(&bits, half + k * sizeof bits, sizeof bits);
        out[k] = widen(bits);
    }
}

double length_of(const float* row, std::size_t dimension, const char* what, std::size_t number) {
    const double length = std::sqrt(sum_of_squares(row, dimension));
    if (length == 0) fail(CFN_BAD_VECTOR, what, " ", number, " is a zero vector; a finite vector with a direction is expected.");
    if (!std::isfinite(length))
        fail(CFN_BAD_VECTOR, what, " ", number, " has NaN or infinite values; a finite vector with a direction is expected.");
    return length;
}

} // namespace cfn
