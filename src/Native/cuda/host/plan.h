// How a search is cut into launches: jobs of no more queries than the memory between the kernels has room for, and launches of no more jobs
// than a kernel's parameter holds.
#pragma once
#include <cstddef>
#include <functional>
#include <span>

#include "../kernels/batch.h"

namespace cfn::cuda {

// Bytes between the kernels that one launch may take, unless 128 queries of one job take more.
inline constexpr std::size_t workspace_limit = std::size_t{128} << 20;

// What one job has between the kernels: offsets from its beginning, all multiples of 256.
struct Layout {
    std::size_t halves, norm, lost, highest, bytes;
};
Layout layout_of(const Job& job);

// Calls `launch` with consecutive jobs, cut where need be; their queries, similarity and nearest point to the right entries.
void cut(std::span<const Job> jobs, std::size_t limit, const std::function<void(std::span<Job>)>& launch);

} // namespace cfn::cuda
