// Rows as callers give them, read as float32 and scaled to length 1.
#pragma once
#include <cstddef>
#include <cstdint>

#include "../../clipfusion_native.h"

namespace cfn {

// Reads one row of either format.
class RowReader {
public:
    RowReader(const void* values, cfn_format format, std::size_t dimension) : values_(values), format_(format), dimension_(dimension) {}

    void read(std::size_t row, float* out) const;

private:
    const void* values_;
    cfn_format format_;
    std::size_t dimension_;
};

// Euclidean length in float64, where no float32 overflows. Throws Error(CFN_BAD_VECTOR), naming `what` and its number, for a zero vector,
// NaN or infinity.
double length_of(const float* row, std::size_t dimension, const char* what, std::size_t number);

} // namespace cfn
