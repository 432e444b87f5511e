// First: every vector's length in float64, and the vector at length `half_length` in half precision. One warp a vector.
#pragma once
#include "batch.h"
#include "layer.h"

namespace cfn::cuda {

CFN_KERNEL const Job& job_of_query(const Batch& batch, uint32_t query) {
    uint32_t j = 0;
    while (j + 1 < batch.count && query >= batch.jobs[j + 1].first_query) ++j;
    return batch.jobs[j];
}

CFN_KERNEL float read(const Job& job, uint64_t index) {
    return job.query_halves != 0 ? to_float(static_cast<const Half*>(job.queries)[index]) : static_cast<const float*>(job.queries)[index];
}

// The length as cpu/bank/quantise.cpp has it, to the last bit: sixteen sums over every sixteenth coordinate, added one after the other.
CFN_KERNEL double length(const Job& job, uint64_t begin, uint32_t lane) {
    double sum = 0;
    for (uint32_t k = lane % 16; k < job.dimension; k += 16) {
        const double v = static_cast<double>(read(job, begin + k));
        sum += v * v;
    }
    double total = 0;
    for (uint32_t j = 0; j < 16; ++j) total += shuffle(sum, j);
    return square_root(total);
}

CFN_KERNEL void prepare(const Batch& batch) {
    const uint32_t number = block_index() * block_vectors + thread_index() / warp, lane = thread_index() % warp;
    const Job& job = job_of_query(batch, number);
    const uint32_t query = number - job.first_query;
    if (query >= job.query_count) return; // all lanes of the warp, or none

    const uint64_t begin = static_cast<uint64_t>(query) * job.dimension;
    const double norm = length(job, begin, lane);
    const bool good = norm > 0 && norm <= 1.7e308; // not NaN, not infinite
    const double scale = good ? static_cast<double>(half_length) / norm : 0;
    Half* out = job.halves + static_cast<uint64_t>(query) * job.padded;
    float lost = 0;
    for (uint32_t k = lane; k < job.padded; k += warp) {
        // In float64, where the scale of a tiny vector does not overflow.
        const float v = good && k < job.dimension ? static_cast<float>(static_cast<double>(read(job, begin + k)) * scale) : 0;
        const Half half = v > -0x1p-14f && v < 0x1p-14f ? Half{0} : to_half(v);
        const float e = v - to_float(half);
        lost += e * e;
        out[k] = half;
    }
    for (uint32_t mask = 16; mask > 0; mask /= 2) lost += shuffle_xor(lost, mask);
    if (lane != 0) return;
    job.norm[query] = good ? norm : static_cast<double>(__builtin_nanf(""));
    // Up by more than the sum's own rounding, which is at most (dimension / 32 + 8) 2^-24 of it.
    job.lost[query] = 1.001f * static_cast<float>(square_root(static_cast<double>(lost))) / half_length;
}

} // namespace cfn::cuda
