// The machine of kernels/layer.h without a GPU. Where threads of a warp act together, what each holds is as the PTX ISA has it
// (version 7.8, sections "Matrix fragments for mma.m16n8k16", "... mma.m8n8k4" and "ldmatrix"), written anew from there: kernels and
// emulator agree only if both agree with it.
#pragma once
#include <cmath>
#include <cstdint>
#include <cstring>

#include "emulator.h"
#include "half.h"

#define CFN_KERNEL inline
#define CFN_SHARED static

namespace cfn::cuda {

CFN_KERNEL uint32_t thread_index() { return emulator::thread().index; }
CFN_KERNEL uint32_t block_index() { return emulator::block(); }
CFN_KERNEL void sync_block() { emulator::sync_block(); }

template <class T>
CFN_KERNEL T shuffle(T value, uint32_t lane) {
    return emulator::exchange(value)[lane];
}
template <class T>
CFN_KERNEL T shuffle_xor(T value, uint32_t mask) {
    return emulator::exchange(value)[thread_index() % 32 ^ mask];
}
CFN_KERNEL uint32_t ballot(bool condition) {
    const auto all = emulator::exchange(condition);
    uint32_t bits = 0;
    for (uint32_t lane = 0; lane < 32; ++lane) bits |= static_cast<uint32_t>(all[lane]) << lane;
    return bits;
}

CFN_KERNEL uint16_t to_half(float value) { return emulator::to_half(value); }
CFN_KERNEL float to_float(uint16_t half) { return emulator::to_float(half); }

struct Chunk {
    uint16_t values[8];
    uint16_t half(uint32_t i) const { return values[i]; }
};
CFN_KERNEL Chunk load_chunk(const uint16_t* aligned) {
    if (reinterpret_cast<uintptr_t>(aligned) % 16 != 0) throw std::logic_error("A chunk is not aligned.");
    Chunk chunk;
    std::memcpy(&chunk, aligned, sizeof chunk);
    return chunk;
}

// Made as late as the machine may make it: when it is waited for.
CFN_KERNEL void copy16(uint16_t* shared, const uint16_t* global) {
    if ((reinterpret_cast<uintptr_t>(shared) | reinterpret_cast<uintptr_t>(global)) % 16 != 0)
        throw std::logic_error("A copy is not aligned.");
    emulator::thread().copies.push_back({shared, global, emulator::thread().groups});
}
CFN_KERNEL void commit_copies() { ++emulator::thread().groups; }
template <uint32_t left>
CFN_KERNEL void wait_for_copies() {
    emulator::Thread& mine = emulator::thread();
    std::erase_if(mine.copies, [&](const emulator::Copy& copy) {
        const bool due = copy.group + left < mine.groups;
        if (due) std::memcpy(copy.shared, copy.global, 16);
        return due;
    });
}

CFN_KERNEL void load_matrices(uint32_t (&out)[4], const uint16_t* row) {
    if (reinterpret_cast<uintptr_t>(row) % 16 != 0) throw std::logic_error("A matrix's row is not aligned.");
    const auto rows = emulator::exchange(row);
    const uint32_t lane = thread_index() % 32;
    for (uint32_t m = 0; m < 4; ++m) std::memcpy(&out[m], rows[m * 8 + lane / 4] + lane % 4 * 2, sizeof out[m]);
}
CFN_KERNEL void load_four(uint32_t (&out)[2], const uint16_t* shared) {
    if (reinterpret_cast<uintptr_t>(shared) % 8 != 0) throw std::logic_error("Four halves are not aligned.");
    std::memcpy(out, shared, sizeof out);
}

// What one lane brings to a product.
template <uint32_t a_pairs, uint32_t b_pairs>
struct Fragments {
    uint32_t a[a_pairs], b[b_pairs];
    float a_half(uint32_t i) const { return to_float(static_cast<uint16_t>(a[i / 2] >> i % 2 * 16)); }
    float b_half(uint32_t i) const { return to_float(static_cast<uint16_t>(b[i / 2] >> i % 2 * 16)); }
};

CFN_KERNEL void multiply_16_8_16(float (&sum)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1) {
    const auto lanes = emulator::exchange(Fragments<4, 2>{{a[0], a[1], a[2], a[3]}, {b0, b1}});
    const uint32_t lane = thread_index() % 32;
    for (uint32_t i = 0; i < 4; ++i) {
        // Rows g and g + 8 of the sum, two columns a lane.
        const uint32_t row = lane / 4 + (i < 2 ? 0 : 8), column = lane % 4 * 2 + i % 2;
        for (uint32_t pair = 0; pair < 4; ++pair) {
            // A: a0, a1 row g; a2, a3 row g + 8; a4 .. a7 the same at k + 8; two columns a lane. B: b0, b1 at k, b2, b3 at k + 8, column g.
            const auto left = lanes[row % 8 * 4 + pair], right = lanes[column * 4 + pair];
            for (uint32_t k = 0; k < 4; ++k) sum[i] += left.a_half(k % 2 + (row < 8 ? 0u : 2u) + k / 2 * 4) * right.b_half(k);
        }
    }
}

CFN_KERNEL void multiply_8_8_4(float (&sum)[8], const uint32_t (&a)[2], const uint32_t (&b)[2]) {
    const auto lanes = emulator::exchange(Fragments<2, 2>{{a[0], a[1]}, {b[0], b[1]}});
    const uint32_t lane = thread_index() % 32, pair = lane / 4 % 4;
    // Row i of A, and column i of B, are held by one lane of the quad pair.
    const auto holder = [&](uint32_t i) { return pair * 4 + i % 4 + (i < 4 ? 0u : 16u); };
    for (uint32_t i = 0; i < 8; ++i) {
        const uint32_t row = (lane & 1) + (i & 2) + (lane < 16 ? 0u : 4u), column = (i & 4) + (lane & 2) + (i & 1);
        const auto left = lanes[holder(row)], right = lanes[holder(column)];
        for (uint32_t k = 0; k < 4; ++k) sum[i] += left.a_half(k) * right.b_half(k);
    }
}

CFN_KERNEL double square_root(double value) { return std::sqrt(value); }
CFN_KERNEL uint32_t lowest_bit(uint32_t bits) { return static_cast<uint32_t>(__builtin_ctz(bits)); }

} // namespace cfn::cuda
