// The rows of one reference image: exact, and in the quantised form that is searched first. Immutable and shared by all snapshots that hold
// it.
#pragma once
#include <cstdint>
#include <memory>

#include "../kernels/kernel.h"
#include "basis.h"
#include "memory.h"

namespace cfn {

// Rows of up to this many coordinates are also kept as Kernel::multiply takes them.
inline constexpr std::size_t max_interleaved = 128;

class Segment {
public:
    // unit: rows x dimension floats of length 1, kept alive by `owner` (a vector or a mapped file).
    Segment(int32_t image, std::size_t rows, const float* unit, std::shared_ptr<const void> owner, const Basis& basis);

    int32_t image() const { return image_; }
    std::size_t rows() const { return rows_; }
    std::size_t panels() const { return (rows_ + panel_rows - 1) / panel_rows; }
    std::size_t bytes() const;
    bool interleaved() const { return dimension_ <= max_interleaved; }
    const float* unit(std::size_t row) const { return unit_ + row * dimension_; }
    const float* unit() const { return unit_; }
    const std::shared_ptr<const void>& owner() const { return owner_; }

    // Fills in the row side of a tile. The first only where interleaved().
    void panel(std::size_t index, ProductTile& tile) const;
    void panel(std::size_t index, ScreenTile& tile) const;

    // The two lengths of bounds.h (2) for one row, and the largest in one panel.
    float residual(std::size_t row) const { return residual_[row]; }
    float rounded(std::size_t row) const { return rounded_[row]; }
    float panel_residual(std::size_t index) const { return panel_residual_[index]; }
    float panel_rounded(std::size_t index) const { return panel_rounded_[index]; }

private:
    void interleave();
    void quantise(const Basis& basis);

    int32_t image_;
    std::size_t rows_, dimension_, padded_;
    const float* unit_;
    std::shared_ptr<const void> owner_;
    AlignedVector<float> interleaved_; // panels, each [dimension][panel_rows]
    AlignedVector<int8_t> levels_;     // panels, each [padded / 4][panel_rows][4]
    AlignedVector<int32_t> bias_;
    AlignedVector<float> scale_, shift_, residual_, rounded_, panel_residual_, panel_rounded_;
};

} // namespace cfn
