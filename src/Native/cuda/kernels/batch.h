// What the host tells the kernels, and the sizes on which both agree.
#pragma once
#include <cstdint>

namespace cfn::cuda {

using Half = uint16_t; // the bits of an IEEE binary16

inline constexpr uint32_t warp = 32;
inline constexpr uint32_t max_jobs = 16; // of one launch; a Batch is a kernel's parameter, for which 4 KB are allowed

// screen.h: one block of threads multiplies 128 queries by 128 rows, 32 coordinates at a time, with two such steps under way while it
// computes on a third.
inline constexpr uint32_t block_queries = 128, block_rows = 128, step_values = 32, stages = 3;
inline constexpr uint32_t screen_threads = 256, warp_queries = 64, warp_rows = 32;
inline constexpr uint32_t group_rows = 8, warp_groups = warp_rows / group_rows, block_groups = block_rows / group_rows;

// prepare.h and decide.h: one warp a vector.
inline constexpr uint32_t vector_threads = 256, block_vectors = vector_threads / warp;

// Vectors are scaled to this length before they are rounded to half precision: a coordinate may be 2^-22 of the length before it is as
// small as a subnormal.
inline constexpr float half_length = 256, half_product = half_length * half_length;

// One bank and the queries that it is searched for. All pointers are into the device's memory.
struct Job {
    const void* queries; // query_count x dimension, as the caller gave them
    Half* halves;        // of the queries: [query, rounded up to whole blocks][padded]
    double* norm;        // [query]; NaN for a vector without a direction
    float* lost;         // [query]: length of what rounding the unit vector took away
    float* highest;      // [query][group]: largest product with a row of the group, times half_product
    const Half* rows;    // [row, rounded up to whole blocks][padded]
    const float* exact;  // [row][dimension], of length 1
    float* similarity;   // [query]
    int64_t* nearest;    // [query], or null
    uint32_t query_count, row_count, dimension;
    uint32_t padded;                   // dimension rounded up to step_values; the values between are 0
    uint32_t skip_begin, skip_end;     // rows that are left out
    uint32_t query_halves;             // 1 if the queries are half precision, 0 if single
    float row_lost;                    // the largest `lost` of the rows
    uint32_t first_query, first_block; // of the launch: queries and blocks of the jobs before this one
};

struct Batch {
    uint32_t count;
    Job jobs[max_jobs];
};
static_assert(sizeof(Job) == 112 && sizeof(Batch) == 8 + max_jobs * sizeof(Job)); // for the host's compiler as for the kernels'

} // namespace cfn::cuda
