#include "basis.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "../kernels/kernel.h"
#include "clones.h"
#include "quantise.h"

namespace cfn {
namespace {

constexpr std::size_t group =
    8; // neighbours that stay together: the shortest butterfly spans a vector, which spreads a peak over block / 8 coordinates

// Hadamard's matrix, scaled to be orthogonal, over groups.
CFN_CLONES void butterflies(float* v, std::size_t n) {
    std::size_t half = group;
    for (; 4 * half <= n; half *= 4) // two levels at a time halve the loads and stores
        for (std::size_t start = 0; start < n; start += 4 * half)
            for (std::size_t i = start; i < start + half; ++i) {
                const float a = v[i] + v[i + half], b = v[i] - v[i + half], c = v[i + 2 * half] + v[i + 3 * half],
                            d = v[i + 2 * half] - v[i + 3 * half];
                v[i] = a + c;
                v[i + half] = b + d;
                v[i + 2 * half] = a - c;
                v[i + 3 * half] = b - d;
            }
    for (; half < n; half *= 2)
        for (std::size_t start = 0; start < n; start += 2 * half)
            for (std::size_t i = start; i < start + half; ++i) {
                const float a = v[i], b = v[i + half];
                v[i] = a + b;
                v[i + half] = a - b;
            }
    const float scale = 1 / std::sqrt(static_cast<float>(n / group));
    for (std::size_t i = 0; i < n; ++i) v[i] *= scale;
}

} // namespace

Basis::Basis(std::size_t dimension, std::vector<float> centre) : dimension_(dimension), centre_(std::move(centre)) {
    centre_.resize((dimension + step_values - 1) / step_values * step_values, 0.0f);
    block_ = std::bit_floor(centre_.size());
    centre_squared_ = sum_of_products(centre_.data(), centre_.data(), centre_.size());
}

std::shared_ptr<const Basis> Basis::choose(const float* rows, std::size_t count, std::size_t dimension) {
    std::vector<double> sum(dimension);
    for (std::size_t r = 0; r < count; ++r)
        for (std::size_t k = 0; k < dimension; ++k) sum[k] += static_cast<double>(rows[r * dimension + k]);
    std::vector<float> centre(dimension);
    for (std::size_t k = 0; k < dimension; ++k)
        centre[k] = static_cast<float>(sum[k] / static_cast<double>(std::max<std::size_t>(count, 1)));

    std::shared_ptr<Basis> basis(new Basis(dimension, std::move(centre)));
    if (basis->block_ < 2 * group) return basis;

    uint64_t state = 0x9e3779b97f4a7c15; // fixed: the same rows give the same basis
    std::vector<float> signs(basis->padded());
    for (float& s : signs) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        s = (state & 1) != 0 ? 1.0f : -1.0f;
    }

    std::vector<float> v(basis->padded());
    std::vector<int8_t> levels(v.size());
    double residual[2] = {};
    for (int rotated = 0; rotated < 2; ++rotated) {
        basis->signs_ = rotated != 0 ? signs : std::vector<float>{};
        for (std::size_t r = 0; r < count; r += std::max<std::size_t>(1, count / 64)) {
            basis->transform(rows + r * dimension, v.data());
            residual[rotated] += static_cast<double>(quantise(v.data(), v.size(), row_levels, levels.data()).residual);
        }
    }
    if (residual[1] > 0.8 * residual[0]) basis->signs_.clear();
    return basis;
}

float Basis::transform(const float* unit, float* out) const {
    const double along_centre = subtract(unit, centre_.data(), dimension_, out);
    std::fill(out + dimension_, out + padded(), 0.0f);
    if (rotates()) rotate(out);
    return static_cast<float>(along_centre);
}

// Two overlapping blocks, each more than half of the vector, so that every coordinate meets every other.
void Basis::rotate(float* v) const {
    for (std::size_t k = 0; k < padded(); ++k) v[k] *= signs_[k];
    butterflies(v, block_);
    if (block_ < padded()) butterflies(v + (padded() - block_), block_);
}

} // namespace cfn
