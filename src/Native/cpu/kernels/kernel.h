// The part of the search that depends on the processor. Every kernel computes the same numbers: integers and float64 sums to the last bit,
// and float32 sums within the bound of cpu/bank/bounds.h, so a bank gives the same answer on every machine.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace cfn {

inline constexpr int panel_rows = 16; // rows of the bank that lie side by side: one 512-bit, two 256-bit or four 128-bit vectors of 32 bits
inline constexpr int tile_queries = 4;  // queries that lie side by side; 4 x 16 sums fit the 16 registers of AVX2 with the operands
inline constexpr int few_rows = 4;      // rows that one query is multiplied with at once: the sums of one would wait for each other
inline constexpr int step_values = 8;   // coordinates come in groups of this many: two instructions' worth of 4
inline constexpr int query_levels = 63; // |quantised query coordinate|, stored with query_offset added so that it is unsigned
inline constexpr int query_offset = 64;
inline constexpr int row_levels = 64; // |quantised row coordinate|: 4 products of at most 127 * 64 fit 16 bits, see cpu/kernels/avx2.cpp

// One tile of queries against one panel of rows, in quantised form.
struct ScreenTile {
    const uint8_t* queries;   // [coordinate / 4][tile_queries][4]
    const int8_t* rows;       // [coordinate / 4][panel_rows][4], 64-byte aligned
    const int32_t* bias;      // [panel_rows]: -query_offset * sum of the row's coordinates, which takes the offset out again
    const float* scale;       // [panel_rows]: length of one row level
    const float* shift;       // [panel_rows]: added to every estimate; -infinity marks padding
    std::size_t values;       // coordinates, a multiple of step_values
    const float* query_scale; // [tile_queries]
    const float* threshold;   // [tile_queries]
};

// Queries that lie one after the other against one panel of rows, in float32.
struct ProductTile {
    const float* queries; // [count][values]
    std::size_t count;
    const float* rows; // [values][panel_rows], 64-byte aligned
    std::size_t values;
    const float* threshold; // [count]
};

struct Kernel {
    const char* name;

    // estimate[q][r] = query_scale[q] * scale[r] * (quantised dot product) + shift[r]. Returns bit 16 * q + r for every estimate of at
    // least threshold[q]; estimates are written for queries with a bit only.
    uint64_t (*screen)(const ScreenTile&, float (*estimate)[panel_rows]);

    // product[q][r]: float32 products, summed one coordinate after the other. Bit r of hits[q] is set for every product of at least
    // threshold[q].
    void (*multiply)(const ProductTile&, float (*product)[panel_rows], uint16_t* hits);

    // out[q * out_stride + r]: float32 dot products of `queries` x `rows` row-major vectors of d values.
    void (*dots)(const float* q, std::size_t queries, const float* r, std::size_t rows, std::size_t d, float* out, std::size_t out_stride);

    // out[r]: float32 products of one query with few_rows rows that lie anywhere.
    void (*few)(const float* q, const float* const* rows, std::size_t d, float* out);

    // The float64 dot product, summed in the order of cpu/kernels/generic.h: products of float32 are exact in float64, so all kernels agree
    // to the last bit.
    double (*dot)(const float* q, const float* r, std::size_t d);

    bool (*available)(); // has this processor the instructions?
};

// The kernels that run here, best first. One that differs from the plain one in its self-test is left out.
std::span<const Kernel* const> kernels();

// By name; empty = the environment's CLIPFUSION_KERNEL, else the best. Throws Error(CFN_UNSUPPORTED).
const Kernel& select_kernel(std::string_view name);

extern const Kernel plain_kernel;
#if defined(__x86_64__)
extern const Kernel avx2_kernel, avx_vnni_kernel, avx512_kernel;
#elif defined(__aarch64__)
extern const Kernel neon_kernel, neon_dot_kernel;
#endif

} // namespace cfn
