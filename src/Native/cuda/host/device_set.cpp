#include "device_set.h"

#include <algorithm>
#include <cmath>

#include "../../base/error.h"
#include "../../cpu/bank/rows.h"
#include "plan.h"

namespace cfn::cuda {
namespace {

// The queries' side of a job.
Job job_of(const cfn_device_query& query) {
    Job job{};
    job.queries = query.queries;
    job.query_halves = query.format == CFN_FLOAT16 ? 1 : 0;
    job.query_count = static_cast<uint32_t>(query.query_count);
    job.similarity = query.similarity;
    job.nearest = query.row;
    return job;
}

} // namespace

DeviceSet::DeviceSet(std::unique_ptr<Gpu> gpu, std::vector<DeviceBank> banks)
    : gpu_(std::move(gpu)), banks_(std::move(banks)), mark_(gpu_->make_mark()) {}

DeviceSet::~DeviceSet() {
    try {
        gpu_->wait(mark_);
    } catch (const Error&) {
        // The device failed; what is left to do is to give back its memory.
    }
    gpu_->release_mark(mark_);
}

std::size_t DeviceSet::bytes() const {
    const std::lock_guard lock(mutex_);
    std::size_t total = workspace_.bytes() + results_.bytes();
    for (const DeviceBank& bank : banks_) total += bank.bytes();
    return total;
}

void DeviceSet::search(std::span<const cfn_device_query> queries, Stream stream) {
    std::vector<Job> jobs;
    for (const cfn_device_query& query : queries) {
        jobs.push_back(job_of(query));
        banks_[query.bank].fill(jobs.back(), query.exclude_image);
    }
    const std::lock_guard lock(mutex_);
    enqueue(jobs, stream);
}

void DeviceSet::enqueue(std::span<Job> jobs, Stream stream) {
    gpu_->make_stream_wait(stream, mark_);
    try {
        cut(jobs, workspace_limit, [&](std::span<Job> batch) { launch(batch, stream); });
    } catch (...) {
        gpu_->set_mark(mark_, stream); // for those that were launched
        throw;
    }
    gpu_->set_mark(mark_, stream);
}

void DeviceSet::launch(std::span<Job> jobs, Stream stream) {
    std::size_t bytes = 0;
    for (const Job& job : jobs) bytes += layout_of(job).bytes;
    if (bytes > workspace_.bytes()) {
        // Whoever uses the old one must be done; this happens until the largest search has been seen.
        gpu_->set_mark(mark_, stream);
        gpu_->wait(mark_);
        workspace_ = Memory();
        workspace_ = Memory(*gpu_, bytes);
    }

    Batch batch{};
    std::size_t offset = 0;
    uint32_t queries = 0, blocks = 0;
    for (Job& job : jobs) {
        const Layout layout = layout_of(job);
        job.halves = workspace_.at<Half>(offset + layout.halves);
        job.norm = workspace_.at<double>(offset + layout.norm);
        job.lost = workspace_.at<float>(offset + layout.lost);
        job.highest = workspace_.at<float>(offset + layout.highest);
        job.first_query = queries;
        job.first_block = blocks;
        offset += layout.bytes;
        queries += job.query_count;
        blocks += (job.query_count + block_queries - 1) / block_queries * ((job.row_count + block_rows - 1) / block_rows);
        batch.jobs[batch.count++] = job;
    }
    const uint32_t vector_blocks = (queries + block_vectors - 1) / block_vectors;
    gpu_->launch(KernelName::prepare, vector_blocks, vector_threads, batch, stream);
    gpu_->launch(KernelName::screen, blocks, screen_threads, batch, stream);
    gpu_->launch(KernelName::decide, vector_blocks, vector_threads, batch, stream);
}

void DeviceSet::search_down(std::span<const cfn_device_query> queries) {
    std::size_t count = 0;
    for (const cfn_device_query& query : queries) count += query.query_count;
    if (count == 0) return search(queries, nullptr);

    // Rows before similarities, for the alignment; one buffer that stays, so that a search allocates nothing, and one copy down.
    const std::size_t bytes = count * (sizeof(int64_t) + sizeof(float));
    const std::lock_guard down(down_);
    {
        const std::lock_guard lock(mutex_);
        if (bytes > results_.bytes()) {
            results_ = Memory();
            results_ = Memory(*gpu_, bytes);
        }
    }
    auto* rows = results_.at<int64_t>();
    auto* similarities = results_.at<float>(count * sizeof(int64_t));
    std::vector<cfn_device_query> on_device(queries.begin(), queries.end());
    std::size_t first = 0;
    for (cfn_device_query& query : on_device) {
        query.similarity = similarities + first;
        query.row = query.row == nullptr ? nullptr : rows + first;
        first += query.query_count;
    }
    search(on_device, nullptr);

    const bool with_rows = std::any_of(queries.begin(), queries.end(), [](const cfn_device_query& q) { return q.row != nullptr; });
    std::vector<float> found(count);
    std::vector<int64_t> found_rows(with_rows ? count : 0);
    gpu_->download(found.data(), similarities, count * sizeof(float));
    if (with_rows) gpu_->download(found_rows.data(), rows, count * sizeof(int64_t));
    first = 0;
    for (const cfn_device_query& query : queries) {
        std::copy_n(found.data() + first, query.query_count, query.similarity);
        if (query.row != nullptr) std::copy_n(found_rows.data() + first, query.query_count, query.row);
        first += query.query_count;
    }
    for (const cfn_device_query& query : queries) {
        const auto* end = query.similarity + query.query_count;
        const auto* bad = std::find_if(static_cast<const float*>(query.similarity), end, [](float s) { return std::isnan(s); });
        if (bad != end) fail_of(query, static_cast<std::size_t>(bad - query.similarity));
    }
}

// The words that the CPU's search has for a bad query.
void DeviceSet::fail_of(const cfn_device_query& query, std::size_t number) {
    const std::size_t dimension = banks_[query.bank].dimension();
    const std::size_t bytes = dimension * (query.format == CFN_FLOAT16 ? sizeof(Half) : sizeof(float));
    std::vector<unsigned char> copy(bytes);
    gpu_->download(copy.data(), static_cast<const unsigned char*>(query.queries) + number * bytes, bytes);
    std::vector<float> vector(dimension);
    RowReader(copy.data(), query.format, dimension).read(0, vector.data());
    length_of(vector.data(), dimension, "query", number);
    fail(CFN_INTERNAL, "Query ", number, " has a direction, but the device found none.");
}

void DeviceSet::search_from_host(std::span<const cfn_device_query> queries) {
    std::vector<cfn_device_query> uploaded(queries.begin(), queries.end());
    std::vector<Memory> memory;
    for (cfn_device_query& query : uploaded) {
        const std::size_t bytes = query.query_values * (query.format == CFN_FLOAT16 ? sizeof(Half) : sizeof(float));
        void* values = memory.emplace_back(*gpu_, bytes).at<void>();
        if (bytes > 0) gpu_->upload(values, query.queries, bytes);
        query.queries = values;
    }
    search_down(uploaded);
}

} // namespace cfn::cuda
