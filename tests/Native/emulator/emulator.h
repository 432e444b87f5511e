// Runs a kernel's source on the CPU, one block of threads after the other. Every thread is a fiber, which runs until it comes to a barrier
// of its warp or its block; a kernel that leaves out a barrier finds the data of threads that have not run yet. Not fast, and meant for
// small shapes.
#pragma once
#include <array>
#include <cstdint>
#include <cstring>
#include <functional>
#include <stdexcept>
#include <utility>
#include <vector>

namespace emulator {

inline constexpr uint32_t warp_size = 32;

// A copy from global to shared memory that has been ordered, but is not made before it is waited for.
struct Copy {
    void* shared;
    const void* global;
    uint32_t group;
};

struct Thread {
    uint32_t index = 0;
    std::vector<Copy> copies;
    uint32_t groups = 0; // committed
    uint32_t parity = 0; // of the next exchange
};

Thread& thread();
uint32_t block();
void sync_warp();
void sync_block();

// Room for what the lanes of a warp give each other: two, so that a fast lane's next exchange does not overwrite what a slow one still
// reads.
using Slot = std::array<unsigned char, 32>;
std::array<Slot, warp_size>& slots(uint32_t parity);

// What all lanes gave.
template <class T>
class Given {
public:
    explicit Given(const std::array<Slot, warp_size>& slots) : slots_(slots) {}
    T operator[](uint32_t lane) const {
        T value;
        std::memcpy(&value, slots_[lane].data(), sizeof(T));
        return value;
    }

private:
    const std::array<Slot, warp_size>& slots_;
};

template <class T>
Given<T> exchange(const T& mine) {
    static_assert(sizeof(T) <= sizeof(Slot));
    auto& all = slots(thread().parity ^= 1);
    std::memcpy(all[thread().index % warp_size].data(), &mine, sizeof(T));
    sync_warp();
    return Given<T>(all);
}

// Runs kernel() in every thread of every block. Throws what a thread threw, and std::logic_error where threads wait for each other for
// ever.
void run(uint32_t blocks, uint32_t threads, const std::function<void()>& kernel);

} // namespace emulator
