#include "plan.h"

#include <algorithm>
#include <vector>

namespace cfn::cuda {
namespace {

std::size_t aligned(std::size_t bytes) { return (bytes + 255) / 256 * 256; }

// `count` queries of a job from `first` on.
Job part_of(const Job& job, uint32_t first, uint32_t count) {
    Job part = job;
    const std::size_t values = std::size_t{first} * job.dimension;
    part.queries = job.query_halves != 0 ? static_cast<const void*>(static_cast<const Half*>(job.queries) + values)
                                         : static_cast<const void*>(static_cast<const float*>(job.queries) + values);
    part.similarity = job.similarity + first;
    part.nearest = job.nearest == nullptr ? nullptr : job.nearest + first;
    part.query_count = count;
    return part;
}

} // namespace

Layout layout_of(const Job& job) {
    const std::size_t queries = job.query_count, places = (queries + block_queries - 1) / block_queries * block_queries;
    const std::size_t groups = (std::size_t{job.row_count} + block_rows - 1) / block_rows * block_groups;
    Layout layout{};
    layout.norm = aligned(places * job.padded * sizeof(Half));
    layout.lost = layout.norm + aligned(queries * sizeof(double));
    layout.highest = layout.lost + aligned(queries * sizeof(float));
    layout.bytes = layout.highest + aligned(queries * groups * sizeof(float));
    return layout;
}

void cut(std::span<const Job> jobs, std::size_t limit, const std::function<void(std::span<Job>)>& launch) {
    std::vector<Job> batch;
    std::size_t taken = 0;
    const auto flush = [&] {
        if (!batch.empty()) launch(batch);
        batch.clear();
        taken = 0;
    };
    for (const Job& job : jobs) {
        if (job.query_count == 0) continue;
        const std::size_t block = layout_of(part_of(job, 0, std::min(job.query_count, block_queries))).bytes;
        const auto piece = static_cast<uint32_t>(std::min<std::size_t>(std::max<std::size_t>(limit / block, 1), 0x7fffffff / block_queries))
            * block_queries;
        for (uint32_t first = 0; first < job.query_count;) {
            const Job part = part_of(job, first, std::min(piece, job.query_count - first));
            const std::size_t bytes = layout_of(part).bytes;
            if (batch.size() == max_jobs || (!batch.empty() && taken + bytes > limit)) flush();
            batch.push_back(part);
            taken += bytes;
            first += part.query_count;
        }
    }
    flush();
}

} // namespace cfn::cuda
