#include "device_set.h"

#include <algorithm>
#include <cmath>

#include "../abi/error.h"
#include "../bank/rows.h"
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
    std::size_t total = workspace_.bytes();
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

void DeviceSet::search_from_host(std::span<const cfn_device_query> queries) {
    std::vector<cfn_device_query> on_device(queries.begin(), queries.end());
    std::vector<Memory> memory;
    const auto room = [&](std::size_t bytes) { return memory.emplace_back(*gpu_, bytes).at<void>(); };
    for (cfn_device_query& query : on_device) {
        const std::size_t bytes = query.query_values * (query.format == CFN_FLOAT16 ? sizeof(Half) : sizeof(float));
        void* values = room(bytes);
        if (bytes > 0) gpu_->upload(values, query.queries, bytes);
        query.queries = values;
        query.similarity = static_cast<float*>(room(query.query_count * sizeof(float)));
        if (query.row != nullptr) query.row = static_cast<int64_t*>(room(query.query_count * sizeof(int64_t)));
    }
    search(on_device, nullptr);
    for (std::size_t i = 0; i < queries.size(); ++i) {
        const cfn_device_query& host = queries[i];
        if (host.query_count == 0) continue;
        gpu_->download(host.similarity, on_device[i].similarity, host.query_count * sizeof(float));
        if (host.row != nullptr) gpu_->download(host.row, on_device[i].row, host.query_count * sizeof(int64_t));
        const auto bad = std::find_if(host.similarity, host.similarity + host.query_count, [](float s) { return std::isnan(s); });
        if (bad == host.similarity + host.query_count) continue;
        // The words that the CPU's search has for it.
        const auto number = static_cast<std::size_t>(bad - host.similarity);
        std::vector<float> vector(banks_[host.bank].dimension());
        RowReader(host.queries, host.format, vector.size()).read(number, vector.data());
        length_of(vector.data(), vector.size(), "query", number);
        fail(CFN_INTERNAL, "Query ", number, " has a direction, but the device found none.");
    }
}

} // namespace cfn::cuda
