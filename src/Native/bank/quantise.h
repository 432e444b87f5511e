// Rounding a vector to integers, and the sums that go with it. Sums run in sixteen lanes so that compilers can vectorise them.
#pragma once
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

double sum_of_products(const float* a, const float* b, std::size_t n);

// n is a multiple of 8; out gets integers of -levels .. levels.
Quantised quantise(const float* v, std::size_t n, int levels, int8_t* out);

} // namespace cfn
