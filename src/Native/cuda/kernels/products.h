// The products of one warp: 64 queries x 32 rows, accumulated in float32 over tiles of 32 coordinates that lie in shared memory. Which
// thread holds which product is a matter of the instruction, so there is one class for each. Both hold, in a thread, the products of eight
// queries (m, h) with the same eight rows j: these rows are a group, and their maximum needs nothing of another thread.
#pragma once
#include "batch.h"
#include "layer.h"

namespace cfn::cuda {

// Halves of a tile lie in chunks of eight; a row has four. The chunks of a row change places from one pair of rows to the next, so that
// eight rows read at the same chunk, and four threads that fill a row, touch every bank of shared memory once.
CFN_KERNEL uint32_t tile_place(uint32_t row, uint32_t chunk) { return row * step_values + ((chunk ^ (row / 2 % 4)) * 8); }

// Ampere and later: m16n8k16, fed by ldmatrix.
class AmpereProducts {
public:
    static constexpr bool for_ampere = true;

    CFN_KERNEL void add(const Half* queries, const Half* rows, uint32_t lane) {
        for (uint32_t k = 0; k < step_values / 8; k += 2) { // chunks
            // Matrices 0 to 3 of a load: for b the rows 0..7 and 8..15, each with the first and second chunk of k; for a the same with the
            // chunk outside.
            uint32_t b[2][4];
#pragma unroll
            for (uint32_t n = 0; n < 2; ++n) load_matrices(b[n], rows + tile_place(n * 16 + lane / 16 * 8 + lane % 8, k + lane / 8 % 2));
#pragma unroll
            for (uint32_t m = 0; m < 4; ++m) {
                uint32_t a[4];
                load_matrices(a, queries + tile_place(m * 16 + lane % 16, k + lane / 16));
#pragma unroll
                for (uint32_t n = 0; n < 4; ++n) multiply_16_8_16(sum_[m][n], a, b[n / 2][n % 2 * 2], b[n / 2][n % 2 * 2 + 1]);
            }
        }
    }

    CFN_KERNEL float value(uint32_t m, uint32_t h, uint32_t j) const { return sum_[m][j / 2][h * 2 + j % 2]; }
    static CFN_KERNEL uint32_t query(uint32_t m, uint32_t h, uint32_t lane) { return m * 16 + h * 8 + lane / 4; }
    static CFN_KERNEL uint32_t group(uint32_t lane) { return lane % 4; }
    static CFN_KERNEL uint32_t row(uint32_t group, uint32_t j) { return j / 2 * 8 + group * 2 + j % 2; }

private:
    float sum_[4][4][4] = {};
};

// Volta and Turing: m8n8k4, which a quad pair (lanes 4p..4p+3 and 16 + 4p..) does on its own; four of them make 16 x 16.
class VoltaProducts {
public:
    static constexpr bool for_ampere = false;

    CFN_KERNEL void add(const Half* queries, const Half* rows, uint32_t lane) {
        const uint32_t own = lane % 4 + lane / 16 * 4;
#pragma unroll 2 // unrolled further, registers do not suffice
        for (uint32_t k = 0; k < step_values; k += 4) {
            uint32_t b[2][2];
#pragma unroll
            for (uint32_t n = 0; n < 2; ++n) load_four(b[n], rows + tile_place(n * 16 + column_half(lane) * 8 + own, k / 8) + k % 8);
#pragma unroll
            for (uint32_t m = 0; m < 4; ++m) {
                uint32_t a[2];
                load_four(a, queries + tile_place(m * 16 + row_half(lane) * 8 + own, k / 8) + k % 8);
#pragma unroll
                for (uint32_t n = 0; n < 2; ++n) multiply_8_8_4(sum_[m][n], a, b[n]);
            }
        }
    }

    CFN_KERNEL float value(uint32_t m, uint32_t h, uint32_t j) const { return sum_[m][j / 4][j / 2 % 2 * 4 + h * 2 + j % 2]; }
    static CFN_KERNEL uint32_t query(uint32_t m, uint32_t h, uint32_t lane) {
        return m * 16 + row_half(lane) * 8 + lane / 16 * 4 + h * 2 + lane % 2;
    }
    static CFN_KERNEL uint32_t group(uint32_t lane) { return column_half(lane) * 2 + lane / 2 % 2; }
    static CFN_KERNEL uint32_t row(uint32_t group, uint32_t j) {
        return j / 4 * 16 + group / 2 * 8 + j / 2 % 2 * 4 + group % 2 * 2 + j % 2;
    }

private:
    static CFN_KERNEL uint32_t row_half(uint32_t lane) { return lane / 4 % 2; }
    static CFN_KERNEL uint32_t column_half(uint32_t lane) { return lane / 8 % 2; }

    float sum_[4][2][8] = {};
};

// Row of the bank that is number j of a group. Groups are numbered along the bank.
template <class Products>
CFN_KERNEL uint32_t group_row(uint32_t group, uint32_t j) {
    return group / warp_groups * warp_rows + Products::row(group % warp_groups, j);
}

CFN_KERNEL bool is_searched(const Job& job, uint32_t row) { return row < job.row_count && !(row >= job.skip_begin && row < job.skip_end); }

} // namespace cfn::cuda
