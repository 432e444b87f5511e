// The coordinates in which a bank's rows and queries are rounded to integers: relative to a centre, and rotated if that helps. Any centre
// and rotation give the same neighbours (bounds.h); good ones leave fewer rows to compute in float64.
//
// Features of one network share a large common part, so differences from their mean are shorter and lose less to rounding. And where few
// coordinates are much larger than the rest, as in vision transformers, they would set the step for all; a rotation spreads them.
#pragma once
#include <cstddef>
#include <memory>
#include <vector>

namespace cfn {

class Basis {
public:
    // For rows (row-major, unit length): their mean as centre, and the rotation if it lowers the rows' rounding residual by a fifth or
    // more.
    static std::shared_ptr<const Basis> choose(const float* rows, std::size_t count, std::size_t dimension);

    std::size_t dimension() const { return dimension_; }
    std::size_t padded() const { return centre_.size(); } // values of a transformed vector; a multiple of step_values
    bool rotates() const { return !signs_.empty(); }

    double centre_squared() const { return centre_squared_; }

    // To padded() values; returns <unit, centre>.
    float transform(const float* unit, float* out) const;

private:
    Basis(std::size_t dimension, std::vector<float> centre);

    void rotate(float* v) const;

    std::size_t dimension_, block_; // block_: the largest power of two in padded()
    std::vector<float> centre_, signs_;
    double centre_squared_ = 0;
};

} // namespace cfn
