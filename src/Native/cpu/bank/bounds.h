// Why the search is exact although most of it is computed with 7-bit integers.
//
// Let q be the query and x a row, both of length 1, m the bank's centre and R its rotation (basis.h), q' = R(q - m) and x' = R(x - m). R is
// orthogonal, so
//
//     <q, x> = <q', x'> + <q, m> + (<m, x> - <m, m>).                                                                    (1)
//
// q' and x' are rounded to integer multiples of one step each: q' = Q + e, x' = X + f, where Q, X are what the integers stand for and e, f
// what is lost. Then
//
//     <q', x'> = <Q + e, X> + <q', f> = <Q, X> + <e, X> + <q', f>,
//     |<q', x'> - <Q, X>|  <=  |e| |X| + |q'| |f|                                 (Cauchy and Schwarz, twice),           (2)
//
// and |e|, |X|, |q'|, |f| are numbers that are measured when a vector is rounded, not assumed. <Q, X> is an integer times two steps and has
// no rounding error (at most 65,536 * 127 * 64 < 2^31). The estimate <Q, X> + shifts plus or minus (2) is an interval that holds the true
// cosine. A row whose interval ends below the best lower end, or below the best exact value, can't be the nearest; all others are computed
// in float64.
//
// Float32 rounding (unit roundoff u = 2^-24) in what surrounds the integers, with |q'|, |x'| <= 2, since all of q, x, m have length at most
// 1:
//   - q' and x': dividing by the length 2u, subtracting m 2u, at most two passes of 13 butterfly levels and a scaling, each at most 2u of
//   the length (<= 2):
//     |error| <= 4u + 2 * 2 * 14 * 2u = 116u each, so at most 2 * 2 * 116u + (116u)^2 = 465u in <q', x'>;
//   - measured lengths, residuals and steps: 4u relative of at most 2 * 2 * 4, 64u;
//   - int to float, two products and three sums of terms of at most 4: 6 * 4 * 2u = 48u;
//   - the two shifts of (1): 64 products in a chain and their rounding, of at most 1 in all, 66u each.
// Together below 720u = 4.3e-5. `slack` is more than twice that and vanishes beside (2), which is 0.005 to 0.03 for feature vectors.
//
// Kernel::dots and Kernel::few sum d products of two unit vectors in at least four lanes (d / 4 additions in a chain, then at most 16 over
// lanes and tail). By Higham, Accuracy and Stability of Numerical Algorithms, section 3.1, |error| <= n u / (1 - n u) * sum |q_i x_i| with
// n = d / 4 + 17, and the sum is at most 1 (Cauchy and Schwarz). 8u more for the query's own rounding to length 1. Kernel::multiply sums
// all d in one chain, so that n = d.
//
// In float64 the products of float32 numbers are exact and the sum's error is below d * 2^-53: the row that is named is the nearest up to
// 1e-11 even in 65,536 dimensions, and equal rows, whose sums are equal to the last bit, are told apart by their number.
#pragma once
#include <cstddef>

namespace cfn {

inline constexpr float slack = 1e-4f;

inline float chain_error(std::size_t terms) {
    const float unit = 0x1p-24f, n = static_cast<float>(terms + 8);
    return 1.01f * n * unit / (1 - n * unit);
}

// Of Kernel::dots and Kernel::few, and of Kernel::multiply.
inline float float32_error(std::size_t d) { return chain_error(d / 4 + 17); }
inline float product_error(std::size_t d) { return chain_error(d); }

} // namespace cfn
