// A block of queries that one thread compares with the whole bank: quantised and packed for the kernels, with the state of each one's search.
#pragma once
#include <vector>

#include "../clipfusion_native.h"
#include "../kernels/kernel.h"
#include "basis.h"
#include "memory.h"
#include "rows.h"

namespace cfn {

struct Candidate {
    float upper; // of its cosine
    uint32_t segment, row;
};

struct Nearest {
    double product = -1e300; // float64 <query as given, row>
    uint32_t segment = 0, row = 0;
};

struct Query {
    // Of bounds.h: |q'|, |e| and <q, m>.
    float length = 0, residual = 0, along_centre = 0;
    float floor = -2;   // the nearest row's cosine is at least this
    float highest = -2; // integer estimate so far
    double norm = 1;    // length as given
    Nearest best;
    std::vector<Candidate> candidates, finalists; // by integers, by float32
};

class QueryBlock {
public:
    QueryBlock(std::size_t capacity, const Basis& basis);

    // Reads queries first .. first + count - 1. Throws Error(CFN_BAD_VECTOR).
    void load(const RowReader& reader, std::size_t first, std::size_t count);

    std::size_t count() const { return count_; }
    std::size_t tiles() const { return (count_ + tile_queries - 1) / tile_queries; }
    Query& operator[](std::size_t i) { return queries_[i]; }

    // Fills in the query side of a tile but for the thresholds.
    void tile(std::size_t index, ScreenTile& tile) const;

    // Scaled to length 1; the block's queries lie one after the other.
    const float* unit(std::size_t i) const { return unit_.data() + i * basis_.dimension(); }

    // One query as given, in float64.
    const double* wide(const RowReader& reader, std::size_t i);

private:
    void pack(std::size_t i);

    const Basis& basis_;
    std::size_t first_ = 0, count_ = 0;
    std::vector<Query> queries_;
    std::vector<uint8_t> packed_; // [tile][coordinate / 4][tile_queries][4]
    std::vector<float> step_, unit_, raw_, transformed_;
    std::vector<int8_t> levels_;
    std::vector<double> wide_;
};

} // namespace cfn
