#include "device_bank.h"

#include <algorithm>
#include <limits>

#include "../../base/error.h"

namespace cfn::cuda {

DeviceBank::DeviceBank(Gpu& gpu, const Snapshot& snapshot, uint32_t dimension)
    : dimension_(dimension), rows_(static_cast<uint32_t>(snapshot.rows)) {
    const std::size_t d = dimension, padded = round_up(dimension, step_values);
    exact_ = Memory(gpu, rows_ * d * sizeof(float));
    halves_ = Memory(gpu, round_up(rows_, block_rows) * padded * sizeof(Half));
    uint32_t begin = 0;
    for (const auto& segment : snapshot.segments) {
        const auto count = static_cast<uint32_t>(segment->rows());
        if (count > 0) gpu.upload(exact_.at<float>(begin * d * sizeof(float)), segment->unit(), count * d * sizeof(float));
        images_.push_back({segment->image(), begin, begin + count});
        begin += count;
    }
    if (rows_ == 0) return;

    // Rows are rounded as queries are.
    const Memory norm(gpu, rows_ * sizeof(double)), lost(gpu, rows_ * sizeof(float));
    Batch batch{};
    batch.count = 1;
    Job& job = batch.jobs[0];
    job.queries = exact_.at<float>();
    job.halves = halves_.at<Half>();
    job.norm = norm.at<double>();
    job.lost = lost.at<float>();
    job.query_count = rows_;
    job.dimension = dimension;
    job.padded = static_cast<uint32_t>(padded);
    gpu.launch(KernelName::prepare, (rows_ + block_vectors - 1) / block_vectors, vector_threads, batch, nullptr);
    std::vector<float> measured(rows_);
    gpu.download(measured.data(), lost.at<float>(), rows_ * sizeof(float));
    lost_ = *std::max_element(measured.begin(), measured.end());
}

void DeviceBank::fill(Job& job, int32_t exclude) const {
    job.rows = halves_.at<Half>();
    job.exact = exact_.at<float>();
    job.row_count = rows_;
    job.dimension = dimension_;
    job.padded = round_up(dimension_, step_values);
    job.row_lost = lost_;
    job.skip_begin = job.skip_end = 0;
    if (exclude >= 0) {
        const auto found = std::find_if(images_.begin(), images_.end(), [&](const Image& image) { return image.id == exclude; });
        require(found != images_.end(), CFN_BAD_ARGUMENT, "Image ", exclude, " can't be left out: the bank does not have it.");
        job.skip_begin = found->begin;
        job.skip_end = found->end;
    }
    require(
        rows_ > job.skip_end - job.skip_begin, CFN_EMPTY,
        "There is no row to search: ", rows_ == 0 ? "the bank is empty." : "all rows are of the image that is left out."
    );
}

} // namespace cfn::cuda
