#include "queries.h"

#include "quantise.h"

namespace cfn {

QueryBlock::QueryBlock(std::size_t capacity, const Basis& basis)
    : basis_(basis), queries_(capacity), packed_((capacity + tile_queries - 1) / tile_queries * tile_queries * basis.padded()),
      step_(capacity + tile_queries), raw_(basis.dimension()), transformed_(basis.padded()), levels_(basis.padded()), wide_(basis.dimension()) {}

void QueryBlock::load(const RowReader& reader, std::size_t first, std::size_t count) {
    first_ = first;
    count_ = count;
    have_unit_ = false;
    for (std::size_t i = 0; i < count; ++i) {
        Query& query = queries_[i];
        reader.read(first + i, raw_.data());
        query.norm = length_of(raw_.data(), raw_.size(), "query", first + i);
        const double scale = 1 / query.norm;
        for (float& x : raw_) x = static_cast<float>(static_cast<double>(x) * scale);
        basis_.transform(raw_.data(), transformed_.data());
        const Quantised q = quantise(transformed_.data(), transformed_.size(), query_levels, levels_.data());
        query.length = q.length;
        query.residual = q.residual;
        query.along_centre = static_cast<float>(basis_.along_centre(raw_.data()));
        query.floor = -2;
        query.best = {};
        query.candidates.clear();
        step_[i] = q.step;
        pack(i);
    }
}

void QueryBlock::pack(std::size_t i) {
    uint8_t* target = packed_.data() + i / tile_queries * tile_queries * levels_.size() + i % tile_queries * 4;
    for (std::size_t k = 0; k < levels_.size(); k += 4, target += std::size_t{4} * tile_queries)
        for (std::size_t j = 0; j < 4; ++j) target[j] = static_cast<uint8_t>(levels_[k + j] + query_offset);
}

void QueryBlock::tile(std::size_t index, ScreenTile& tile) const {
    tile.queries = packed_.data() + index * tile_queries * levels_.size();
    tile.query_scale = step_.data() + index * tile_queries;
    tile.values = levels_.size();
}

const float* QueryBlock::unit(const RowReader& reader) {
    if (have_unit_) return unit_.data();
    const std::size_t d = raw_.size();
    unit_.resize(queries_.size() * d);
    for (std::size_t i = 0; i < count_; ++i) {
        float* target = unit_.data() + i * d;
        reader.read(first_ + i, target);
        const double scale = 1 / queries_[i].norm;
        for (std::size_t k = 0; k < d; ++k) target[k] = static_cast<float>(static_cast<double>(target[k]) * scale);
    }
    have_unit_ = true;
    return unit_.data();
}

const double* QueryBlock::wide(const RowReader& reader, std::size_t i) {
    reader.read(first_ + i, raw_.data());
    for (std::size_t k = 0; k < raw_.size(); ++k) wide_[k] = static_cast<double>(raw_[k]);
    return wide_.data();
}

} // namespace cfn
