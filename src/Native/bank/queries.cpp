#include "queries.h"

#include <cstring>

#include "quantise.h"

namespace cfn {

QueryBlock::QueryBlock(std::size_t capacity, const Basis& basis)
    : basis_(basis), queries_(capacity), packed_((capacity + tile_queries - 1) / tile_queries * tile_queries * basis.padded()),
      step_(capacity + tile_queries), unit_(capacity * basis.dimension()), raw_(basis.dimension()), transformed_(basis.padded()), levels_(basis.padded()), wide_(basis.dimension()) {}

void QueryBlock::load(const RowReader& reader, std::size_t first, std::size_t count) {
    first_ = first;
    count_ = count;
    for (std::size_t i = 0; i < count; ++i) {
        Query& query = queries_[i];
        float* unit = unit_.data() + i * basis_.dimension();
        reader.read(first + i, unit);
        query.norm = length_of(unit, basis_.dimension(), "query", first + i);
        const double scale = 1 / query.norm;
        for (std::size_t k = 0; k < basis_.dimension(); ++k) unit[k] = static_cast<float>(static_cast<double>(unit[k]) * scale);
        basis_.transform(unit, transformed_.data());
        const Quantised q = quantise(transformed_.data(), transformed_.size(), query_levels, levels_.data());
        query.length = q.length;
        query.residual = q.residual;
        query.along_centre = static_cast<float>(basis_.along_centre(unit));
        query.floor = query.highest = -2;
        query.best = {};
        query.candidates.clear();
        query.finalists.clear();
        step_[i] = q.step;
        pack(i);
    }
}

void QueryBlock::pack(std::size_t i) {
    uint8_t* target = packed_.data() + i / tile_queries * tile_queries * levels_.size() + i % tile_queries * 4;
    for (std::size_t k = 0; k < levels_.size(); k += 4, target += std::size_t{4} * tile_queries) {
        uint32_t four;
        std::memcpy(&four, levels_.data() + k, 4);
        // query_offset added to each byte, without carries into the next.
        static_assert(query_offset == 0x40);
        four = ((four & 0x7f7f7f7fu) + 0x40404040u) ^ (four & 0x80808080u);
        std::memcpy(target, &four, 4);
    }
}

void QueryBlock::tile(std::size_t index, ScreenTile& tile) const {
    tile.queries = packed_.data() + index * tile_queries * levels_.size();
    tile.query_scale = step_.data() + index * tile_queries;
    tile.values = levels_.size();
}

const double* QueryBlock::wide(const RowReader& reader, std::size_t i) {
    reader.read(first_ + i, raw_.data());
    for (std::size_t k = 0; k < raw_.size(); ++k) wide_[k] = static_cast<double>(raw_[k]);
    return wide_.data();
}

} // namespace cfn
