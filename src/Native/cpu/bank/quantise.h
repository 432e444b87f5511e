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

// The same to the last bit as sum_of_products(v, v, n).
double sum_of_squares(const float* v, std::size_t n);

// v times factor, each value off by two roundings of float32 at most.
void scale(float* v, std::size_t n, double factor);

// out = v - centre; returns <v, centre>, whose error bounds.h has.
double subtract(const float* v, const float* centre, std::size_t n, float* out);

// n is a multiple of 8; out gets integers of -levels .. levels.
Quantised quantise(const float* v, std::size_t n, int levels, int8_t* out);

// tile_queries vectors of n integers, one after the other, as ScreenTile::queries has them: with query_offset added and in groups of four.
void interleave(const int8_t* levels, std::size_t n, uint8_t* out);

} // namespace cfn
