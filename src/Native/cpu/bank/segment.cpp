#include "segment.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <vector>

#include "quantise.h"

namespace cfn {

Segment::Segment(int32_t image, std::size_t rows, const float* unit, std::shared_ptr<const void> owner, const Basis& basis)
    : image_(image), rows_(rows), dimension_(basis.dimension()), padded_(basis.padded()), unit_(unit), owner_(std::move(owner)) {
    if (interleaved()) interleave();
    quantise(basis);
}

void Segment::interleave() {
    interleaved_.resize(panels() * panel_rows * dimension_);
    for (std::size_t row = 0; row < rows_; ++row) {
        float* target = interleaved_.data() + row / panel_rows * panel_rows * dimension_ + row % panel_rows;
        for (std::size_t k = 0; k < dimension_; ++k) target[k * panel_rows] = unit(row)[k];
    }
}

void Segment::quantise(const Basis& basis) {
    const std::size_t places = panels() * panel_rows;
    levels_.resize(places * padded_);
    bias_.resize(places);
    scale_.resize(places);
    // Padding is never as near as a row.
    shift_.resize(places, -std::numeric_limits<float>::infinity());
    residual_.resize(places);
    rounded_.resize(places);
    panel_residual_.resize(panels());
    panel_rounded_.resize(panels());

    std::vector<float> v(padded_);
    std::vector<int8_t> levels(padded_);
    for (std::size_t row = 0; row < rows_; ++row) {
        const float along_centre = basis.transform(unit(row), v.data());
        const Quantised x = cfn::quantise(v.data(), padded_, row_levels, levels.data());
        scale_[row] = x.step;
        shift_[row] = static_cast<float>(static_cast<double>(along_centre) - basis.centre_squared());
        residual_[row] = x.residual;
        rounded_[row] = x.rounded;

        const std::size_t panel = row / panel_rows, place = row % panel_rows;
        panel_residual_[panel] = std::max(panel_residual_[panel], x.residual);
        panel_rounded_[panel] = std::max(panel_rounded_[panel], x.rounded);
        int32_t sum = 0;
        int8_t* target = levels_.data() + panel * panel_rows * padded_ + place * 4;
        for (std::size_t k = 0; k < padded_; k += 4) {
            std::memcpy(target + k * panel_rows, levels.data() + k, 4);
            sum += levels[k] + levels[k + 1] + levels[k + 2] + levels[k + 3];
        }
        bias_[row] = -query_offset * sum;
    }
}

std::size_t Segment::bytes() const {
    return rows_ * dimension_ * sizeof(float) + levels_.size() + interleaved_.size() * sizeof(float) + 5 * sizeof(float) * bias_.size();
}

void Segment::panel(std::size_t index, ProductTile& tile) const {
    tile.rows = interleaved_.data() + index * panel_rows * dimension_;
    tile.values = dimension_;
}

void Segment::panel(std::size_t index, ScreenTile& tile) const {
    const std::size_t first = index * panel_rows;
    tile.rows = levels_.data() + first * padded_;
    tile.bias = bias_.data() + first;
    tile.scale = scale_.data() + first;
    tile.shift = shift_.data() + first;
}

} // namespace cfn
