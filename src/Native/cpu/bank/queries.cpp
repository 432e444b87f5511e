#include "queries.h"

#include <algorithm>
#include <limits>

#include "quantise.h"

namespace cfn {

QueryBlock::QueryBlock(std::size_t capacity, const Basis& basis, bool integers)
    : basis_(basis), integers_(integers), queries_(capacity), unit_(capacity * basis.dimension()) {
    const std::size_t places = (capacity + tile_queries - 1) / tile_queries * tile_queries;
    floor_.resize(places);
    // Growing from nothing would cost several allocations a query, as much as a small bank's search.
    for (Query& query : queries_) {
        query.finalists.reserve(16);
        if (integers) query.candidates.reserve(16);
    }
    if (!integers) return;
    packed_.resize(places * basis.padded());
    transformed_.resize(basis.padded());
    levels_.resize(tile_queries * basis.padded());
    step_.resize(places);
    along_centre_.resize(places);
    length_.resize(places);
    residual_.resize(places);
}

void QueryBlock::load(const RowReader& reader, std::size_t first, std::size_t count) {
    const std::size_t d = basis_.dimension();
    count_ = count;
    for (std::size_t i = 0; i < count; ++i) {
        Query& query = queries_[i];
        float* unit = unit_.data() + i * d;
        reader.read(first + i, unit);
        query.norm = length_of(unit, d, "query", first + i);
        scale(unit, d, 1 / query.norm);
        query.best = {};
        query.candidates.clear();
        query.finalists.clear();
        floor_[i] = -2;
    }
    for (std::size_t t = 0; integers_ && t < tiles(); ++t) quantise_tile(t);
}

void QueryBlock::quantise_tile(std::size_t tile) {
    const std::size_t padded = basis_.padded();
    for (std::size_t j = 0; j < tile_queries; ++j) {
        const std::size_t i = tile * tile_queries + j;
        int8_t* levels = levels_.data() + j * padded;
        if (i >= count_) {
            std::fill_n(levels, padded, int8_t{0});
            floor_[i] = std::numeric_limits<float>::infinity();
            step_[i] = along_centre_[i] = length_[i] = residual_[i] = 0;
            continue;
        }
        along_centre_[i] = basis_.transform(unit(i), transformed_.data());
        const Quantised q = quantise(transformed_.data(), padded, query_levels, levels);
        step_[i] = q.step;
        length_[i] = q.length;
        residual_[i] = q.residual;
    }
    interleave(levels_.data(), padded, packed_.data() + tile * tile_queries * padded);
}

void QueryBlock::tile(std::size_t index, ScreenTile& tile) const {
    tile.queries = packed_.data() + index * tile_queries * basis_.padded();
    tile.query_scale = step_.data() + index * tile_queries;
    tile.values = basis_.padded();
}

void QueryBlock::thresholds(std::size_t index, float residual, float rounded, float (&threshold)[tile_queries]) const {
    const std::size_t first = index * tile_queries;
    for (std::size_t i = first; i < first + tile_queries; ++i)
        threshold[i - first] = floor_[i] - along_centre_[i] - (length_[i] * residual + residual_[i] * rounded + slack);
}

} // namespace cfn
