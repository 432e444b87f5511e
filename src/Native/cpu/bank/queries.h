// A block of queries that one thread compares with the whole bank: in the form that the kernels take, with the state of each one's search.
#pragma once
#include <algorithm>
#include <vector>

#include "../../clipfusion_native.h"
#include "../kernels/kernel.h"
#include "basis.h"
#include "bounds.h"
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
    double norm = 1; // length as given
    Nearest best;
    std::vector<Candidate> candidates, finalists; // by integers, by float32
};

class QueryBlock {
public:
    // integers: also in the form that is screened
    QueryBlock(std::size_t capacity, const Basis& basis, bool integers);

    // Reads queries first .. first + count - 1. Throws Error(CFN_BAD_VECTOR).
    void load(const RowReader& reader, std::size_t first, std::size_t count);

    std::size_t count() const { return count_; }
    std::size_t tiles() const { return (count_ + tile_queries - 1) / tile_queries; }
    Query& operator[](std::size_t i) { return queries_[i]; }

    // What the nearest row's cosine is at least, as far as is known.
    float floor(std::size_t i) const { return floor_[i]; }
    void raise(std::size_t i, float floor) { floor_[i] = std::max(floor_[i], floor); }

    // Fills in the query side of a tile but for the thresholds.
    void tile(std::size_t index, ScreenTile& tile) const;

    // The thresholds of a tile against rows of at most these lengths, see bounds.h.
    void thresholds(std::size_t index, float residual, float rounded, float (&threshold)[tile_queries]) const;

    // <q, m> of bounds.h.
    float along_centre(std::size_t i) const { return along_centre_[i]; }

    // What an estimate of one query and a row of these lengths may be off by.
    float error(std::size_t i, float residual, float rounded) const { return length_[i] * residual + residual_[i] * rounded + slack; }

    // Scaled to length 1; the block's queries lie one after the other.
    const float* unit(std::size_t i) const { return unit_.data() + i * basis_.dimension(); }

private:
    void quantise_tile(std::size_t tile);

    const Basis& basis_;
    const bool integers_;
    std::size_t count_ = 0;
    std::vector<Query> queries_;
    std::vector<uint8_t> packed_; // [tile][coordinate / 4][tile_queries][4]
    std::vector<float> unit_, transformed_, step_, floor_;
    std::vector<float> along_centre_, length_, residual_; // of bounds.h: <q, m>, |q'|, |e|
    std::vector<int8_t> levels_;                          // of one tile
};

} // namespace cfn
