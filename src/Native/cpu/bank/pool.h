// Threads that help callers. A helper that the machine never gets round to running holds nobody up: the caller works on the same tiles, and
// waits only for helpers that have begun. Nothing spins.
#pragma once
#include <atomic>
#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>

namespace cfn {

// Hands out the numbers 0 .. count - 1 to all who ask, until they are used up or somebody has failed.
class Tiles {
public:
    explicit Tiles(std::size_t count) : count_(count) {}
    bool take(std::size_t& tile) {
        tile = next_.fetch_add(1, std::memory_order_relaxed);
        return tile < count_;
    }
    void stop() { next_.store(count_, std::memory_order_relaxed); }

private:
    const std::size_t count_;
    std::atomic<std::size_t> next_{0};
};

class Pool {
public:
    static Pool& instance();

    // Runs `work` on the calling thread and on up to threads - 1 others at once; each call of it should take tiles until there are none.
    // Returns when all calls have ended; throws what the first failing one threw.
    void run(int threads, Tiles& tiles, const std::function<void(Tiles&)>& work);

private:
    struct Job {
        Tiles& tiles;
        const std::function<void(Tiles&)>& work;
        int wanted, active = 0;
        std::exception_ptr failure;
    };

    void take_part(Job& job, std::unique_lock<std::mutex>& lock);
    void help();
    void grow(int helpers);

    std::mutex mutex_;
    std::condition_variable job_waits_, helper_done_;
    std::deque<std::shared_ptr<Job>> jobs_;
    int helpers_ = 0;
};

} // namespace cfn
