#include "pool.h"

#include <algorithm>
#include <system_error>
#include <thread>

namespace cfn {

// Never destructed: its threads wait in it until the process ends.
Pool& Pool::instance() {
    static auto* const pool = new Pool;
    return *pool;
}

void Pool::run(int threads, Tiles& tiles, const std::function<void(Tiles&)>& work) {
    const auto job = std::make_shared<Job>(Job{tiles, work, std::max(threads - 1, 0), 0, nullptr});
    std::unique_lock lock(mutex_);
    if (job->wanted > 0) {
        grow(job->wanted);
        jobs_.push_back(job);
        job_waits_.notify_all();
    }

    take_part(*job, lock);
    std::erase(jobs_, job); // nobody may begin any more
    helper_done_.wait(lock, [&] { return job->active == 0; });
    if (job->failure) std::rethrow_exception(job->failure);
}

void Pool::take_part(Job& job, std::unique_lock<std::mutex>& lock) {
    lock.unlock();
    std::exception_ptr failure;
    try {
        job.work(job.tiles);
    } catch (...) {
        failure = std::current_exception();
        job.tiles.stop();
    }
    lock.lock();
    if (failure && !job.failure) job.failure = failure;
}

void Pool::help() {
    std::unique_lock lock(mutex_);
    for (;;) {
        job_waits_.wait(lock, [&] { return !jobs_.empty(); });
        const std::shared_ptr<Job> job = jobs_.front();
        if (--job->wanted == 0) jobs_.pop_front();
        ++job->active;
        take_part(*job, lock);
        if (--job->active == 0) helper_done_.notify_all();
    }
}

void Pool::grow(int helpers) {
    try {
        for (; helpers_ < helpers; ++helpers_) std::thread([this] { help(); }).detach();
    } catch (const std::system_error&) {
        // No more threads to be had: the caller does the work with those that there are.
    }
}

} // namespace cfn
