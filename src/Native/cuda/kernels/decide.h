// Third: of the groups that may hold a query's nearest row, those rows that may be it, and of these the one with the largest float64
// product. One warp a query. There is no list of candidates that could overflow: where all rows are alike, all are looked at.
#pragma once
#include "bounds.h"
#include "prepare.h"
#include "products.h"

namespace cfn::cuda {

template <class Products>
class Decision {
public:
    CFN_KERNEL Decision(const Job& job, uint32_t query, uint32_t lane)
        : job_(job), begin_(static_cast<uint64_t>(query) * job.dimension), halves_(job.halves + static_cast<uint64_t>(query) * job.padded),
          lane_(lane), norm_(job.norm[query]), error_(screening_error(job.lost[query], job.row_lost, job.padded)) {}

    CFN_KERNEL void run(const float* highest, uint32_t groups) {
        float best = -__builtin_inff();
        uint32_t first = 0;
        for (uint32_t g = lane_; g < groups; g += warp)
            if (highest[g] > best) best = highest[g], first = g;
        for (uint32_t mask = 16; mask > 0; mask /= 2) {
            const float other = shuffle_xor(best, mask);
            const uint32_t group = shuffle_xor(first, mask);
            if (other > best || (other == best && group < first)) best = other, first = group;
        }
        // The most promising group first: a float64 cosine lifts the floor by what the estimates' error kept it down.
        floor_ = static_cast<double>(best / half_product - error_);
        visit(first);
        for (uint32_t base = 0; base < groups; base += warp) {
            const uint32_t g = base + lane_;
            const float upper = g < groups && g != first ? highest[g] / half_product + error_ : -__builtin_inff();
            for (uint32_t left = ballot(static_cast<double>(upper) >= floor_); left != 0; left &= left - 1) {
                const uint32_t lane = lowest_bit(left);
                if (static_cast<double>(shuffle(upper, lane)) >= floor_) visit(base + lane);
            }
        }
    }

    CFN_KERNEL uint32_t row() const { return row_; }
    CFN_KERNEL float similarity() const {
        const float cosine = static_cast<float>(product_ / norm_);
        return cosine > 1 ? 1 : cosine < -1 ? -1 : cosine;
    }

private:
    // Four lanes a row estimate all of a group's rows at once.
    CFN_KERNEL void visit(uint32_t group) {
        const uint32_t row = group_row<Products>(group, lane_ / 4);
        const Half* other = job_.rows + static_cast<uint64_t>(row) * job_.padded;
        float sum = 0;
        for (uint32_t k = lane_ % 4 * 8; k < job_.padded; k += 32) {
            const Chunk a = load_chunk(halves_ + k), b = load_chunk(other + k);
#pragma unroll
            for (uint32_t i = 0; i < 8; ++i) sum += to_float(a.half(i)) * to_float(b.half(i));
        }
        sum += shuffle_xor(sum, 1);
        sum += shuffle_xor(sum, 2);
        const float upper = is_searched(job_, row) ? sum / half_product + error_ : -__builtin_inff();
        for (uint32_t left = ballot(lane_ % 4 == 0 && static_cast<double>(upper) >= floor_); left != 0; left &= left - 1) {
            const uint32_t lane = lowest_bit(left);
            if (static_cast<double>(shuffle(upper, lane)) >= floor_) consider(shuffle(row, lane));
        }
    }

    // The float64 product as cpu/kernels/generic.h has it, to the last bit: sixteen sums over every sixteenth coordinate, halves added to
    // halves.
    CFN_KERNEL void consider(uint32_t row) {
        const float* other = job_.exact + static_cast<uint64_t>(row) * job_.dimension;
        double product = 0;
        for (uint32_t k = lane_ % 16; k < job_.dimension; k += 16)
            product += static_cast<double>(read(job_, begin_ + k)) * static_cast<double>(other[k]);
        for (uint32_t mask = 8; mask > 0; mask /= 2) product += shuffle_xor(product, mask);
        if (!(product > product_ || (product == product_ && row < row_))) return;
        product_ = product;
        row_ = row;
        const double cosine = product / norm_;
        floor_ = cosine > floor_ ? cosine : floor_;
    }

    const Job& job_;
    const uint64_t begin_;
    const Half* halves_;
    const uint32_t lane_;
    const double norm_;
    const float error_;
    double floor_ = 0; // the nearest row's cosine is at least this
    double product_ = -1e300;
    uint32_t row_ = ~0u;
};

template <class Products>
CFN_KERNEL void decide(const Batch& batch) {
    const uint32_t number = block_index() * block_vectors + thread_index() / warp, lane = thread_index() % warp;
    const Job& job = job_of_query(batch, number);
    const uint32_t query = number - job.first_query;
    if (query >= job.query_count) return; // all lanes of the warp, or none

    float similarity = __builtin_nanf("");
    int64_t row = -1;
    if (job.norm[query] > 0) { // not NaN
        const uint32_t groups = (job.row_count + block_rows - 1) / block_rows * block_groups;
        Decision<Products> decision(job, query, lane);
        decision.run(job.highest + static_cast<uint64_t>(query) * groups, groups);
        similarity = decision.similarity();
        row = decision.row();
    }
    if (lane != 0) return;
    job.similarity[query] = similarity;
    if (job.nearest != nullptr) job.nearest[query] = row;
}

} // namespace cfn::cuda
