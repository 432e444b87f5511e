#include "emulator.h"

#include <ucontext.h>

#include <exception>
#include <memory>

namespace emulator {
namespace {

constexpr std::size_t stack_bytes = 64 * 1024;

enum class State { ready, at_warp, at_block, done };

struct Fiber {
    Thread thread;
    State state = State::ready;
    ucontext_t context{};
    std::unique_ptr<unsigned char[]> stack{new unsigned char[stack_bytes]};
};

struct Block {
    uint32_t index = 0;
    std::vector<Fiber> fibers;
    Fiber* running = nullptr;
    ucontext_t scheduler{};
    std::vector<std::array<std::array<Slot, warp_size>, 2>> slots; // [warp][parity]
    const std::function<void()>* kernel = nullptr;
    std::exception_ptr failure;
};

Block* current = nullptr; // one launch at a time, on one thread

void body() {
    try {
        (*current->kernel)();
    } catch (...) {
        current->failure = std::current_exception();
    }
    current->running->state = State::done;
    swapcontext(&current->running->context, &current->scheduler);
}

void stop(State state) {
    current->running->state = state;
    swapcontext(&current->running->context, &current->scheduler);
}

// Lets those go on who wait at a barrier that all others have reached, or will never reach because they are done.
bool release(std::size_t begin, std::size_t end, State waiting) {
    bool any = false;
    for (std::size_t i = begin; i < end; ++i) {
        const State state = current->fibers[i].state;
        if (state != waiting && state != State::done) return false;
        any |= state == waiting;
    }
    for (std::size_t i = begin; i < end; ++i)
        if (current->fibers[i].state == waiting) current->fibers[i].state = State::ready;
    return any;
}

void run_block(Block& block) {
    for (Fiber& fiber : block.fibers) {
        fiber.thread = {static_cast<uint32_t>(&fiber - block.fibers.data()), {}, 0, 0};
        fiber.state = State::ready;
        getcontext(&fiber.context);
        fiber.context.uc_stack.ss_sp = fiber.stack.get();
        fiber.context.uc_stack.ss_size = stack_bytes;
        fiber.context.uc_link = nullptr;
        makecontext(&fiber.context, body, 0);
    }
    const std::size_t count = block.fibers.size();
    for (bool alive = true; alive;) {
        alive = false;
        for (Fiber& fiber : block.fibers) {
            if (fiber.state != State::ready) continue;
            block.running = &fiber;
            swapcontext(&block.scheduler, &fiber.context);
            if (block.failure) std::rethrow_exception(block.failure);
        }
        for (std::size_t w = 0; w < count; w += warp_size) alive |= release(w, w + warp_size, State::at_warp);
        if (!alive) alive = release(0, count, State::at_block);
    }
    for (const Fiber& fiber : block.fibers)
        if (fiber.state != State::done) throw std::logic_error("Threads wait at different barriers.");
}

} // namespace

Thread& thread() { return current->running->thread; }
uint32_t block() { return current->index; }
void sync_warp() { stop(State::at_warp); }
void sync_block() { stop(State::at_block); }
std::array<Slot, warp_size>& slots(uint32_t parity) { return current->slots[thread().index / warp_size][parity]; }

void run(uint32_t blocks, uint32_t threads, const std::function<void()>& kernel) {
    if (threads % warp_size != 0) throw std::logic_error("Blocks are of whole warps.");
    Block block;
    block.fibers = std::vector<Fiber>(threads);
    block.slots.resize(threads / warp_size);
    block.kernel = &kernel;
    current = &block;
    for (block.index = 0; block.index < blocks; ++block.index) run_block(block);
    current = nullptr;
}

} // namespace emulator
