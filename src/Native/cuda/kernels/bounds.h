// Why the GPU names the same row as the CPU although it looks at most of the bank in half precision.
//
// Let q be the query and x a row, both of length 1, Q and X what their halves stand for, e = q - Q and f = x - X. Then
//
//     <q, x> = <Q + e, X> + <q, f> = <Q, X> + <e, X> + <q, f>,    |<q, x> - <Q, X>| <= |e| |X| + |f|    (Cauchy and Schwarz, twice). (1)
//
// |e| is measured for every query and |f| for every row, when they are rounded (prepare.h); of |f| the bank's largest is taken, and |X| <=
// |x| + |f|.
//
// The product of two halves has 22 bits and is exact in float32. The PTX ISA promises for mma with float32 accumulators that they are
// accumulated "with at least single precision", in an order and with a rounding that are not specified. Let then, for every product, both
// its own alignment and the sum that it enters err by one unit in the last place (2^-23, since rounding may be towards zero) of the largest
// number involved, which is at most the sum of all |Q_i X_i| <= |Q| |X| (Cauchy and Schwarz). For d products that is
//
//     2 d 2^-23 |Q| |X|. (2)
//
// Measurements of tensor cores are in keeping with it (Fasi, Higham, Mikaitis, Pranesh: Numerical behavior of NVIDIA tensor cores, PeerJ CS
// 7:e330, 2021: sums are truncated, with at least 24 bits). Halves that would be subnormal are made 0 beforehand and count as lost, so
// their treatment does not matter.
//
// A row whose <Q, X> plus (1) and (2) is below the largest <Q, X> of all rows minus (1) and (2), or below a float64 cosine already found,
// can't be the nearest. All others are multiplied in float64, with the sums in the order of cpu/kernels/generic.h, so that the result has
// the CPU's bits: products of float32 numbers are exact in float64, with or without fused multiply-add. decide.h's own sums of halves are
// float32 sums too, and (2) holds for them.
//
// `rest` is for what surrounds this: rows have length 1 but for 2^-24, float32 scaling of the query before it is rounded (2^-24), of the
// estimates (2^-23), the float32 sum of squares behind |e| (prepare.h rounds it up).
#pragma once
#include "layer.h"

namespace cfn::cuda {

inline constexpr float rest = 1e-6f;

// How far an estimate may be from the cosine.
CFN_KERNEL float screening_error(float query_lost, float row_lost, uint32_t padded) {
    const float length = 1 + row_lost + rest; // of X, and no less than that of Q where it matters
    return query_lost * length + row_lost + 2.02f * static_cast<float>(padded) * 0x1p-23f + rest;
}

} // namespace cfn::cuda
