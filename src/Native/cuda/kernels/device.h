// The machine as PTX has it. Only what kernels use; the emulator of the tests has the same functions.
#pragma once
#include <cstdint>

#define CFN_KERNEL __device__ inline
#define CFN_SHARED __shared__

namespace cfn::cuda {

CFN_KERNEL uint32_t thread_index() { return threadIdx.x; }
CFN_KERNEL uint32_t block_index() { return blockIdx.x; }
CFN_KERNEL void sync_block() { __syncthreads(); }

template <class T>
CFN_KERNEL T shuffle(T value, uint32_t lane) {
    return __shfl_sync(~0u, value, static_cast<int>(lane));
}
template <class T>
CFN_KERNEL T shuffle_xor(T value, uint32_t mask) {
    return __shfl_xor_sync(~0u, value, static_cast<int>(mask));
}
CFN_KERNEL uint32_t ballot(bool condition) { return __ballot_sync(~0u, condition); }

CFN_KERNEL uint16_t to_half(float value) {
    uint16_t half;
    asm("cvt.rn.f16.f32 %0, %1;" : "=h"(half) : "f"(value));
    return half;
}
CFN_KERNEL float to_float(uint16_t half) {
    float value;
    asm("cvt.f32.f16 %0, %1;" : "=f"(value) : "h"(half));
    return value;
}

struct Chunk { // eight halves, loaded at once
    uint32_t pair[4];
    CFN_KERNEL uint16_t half(uint32_t i) const { return static_cast<uint16_t>(pair[i / 2] >> (16 * (i % 2))); }
};
CFN_KERNEL Chunk load_chunk(const uint16_t* aligned) {
    const uint4 four = *reinterpret_cast<const uint4*>(aligned);
    return {{four.x, four.y, four.z, four.w}};
}

CFN_KERNEL uint32_t shared_address(const void* shared) { return static_cast<uint32_t>(__cvta_generic_to_shared(shared)); }

// Copies 16 bytes into shared memory, on Ampere and later behind the thread's back. They are there after wait_for_copies, for other threads
// also after sync_block.
CFN_KERNEL void copy16(uint16_t* shared, const uint16_t* global) {
#if __CUDA_ARCH__ >= 800
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(shared_address(shared)), "l"(__cvta_generic_to_global(global))
                 : "memory");
#else
    *reinterpret_cast<uint4*>(shared) = *reinterpret_cast<const uint4*>(global);
#endif
}
// Ends a group of copies, which may be empty.
CFN_KERNEL void commit_copies() {
#if __CUDA_ARCH__ >= 800
    asm volatile("cp.async.commit_group;" ::: "memory");
#endif
}
// Waits until no more than `left` of the thread's groups are under way.
template <uint32_t left>
CFN_KERNEL void wait_for_copies() {
#if __CUDA_ARCH__ >= 800
    asm volatile("cp.async.wait_group %0;" ::"n"(left) : "memory");
#endif
}

// ldmatrix .x4: four 8 x 8 matrices of halves; lane 8 m + r gives the address of row r of matrix m.
CFN_KERNEL void load_matrices(uint32_t (&out)[4], const uint16_t* row) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(out[0]), "=r"(out[1]), "=r"(out[2]), "=r"(out[3])
                 : "r"(shared_address(row))
                 : "memory");
}
// Four halves that lie side by side in shared memory, 8-byte aligned.
CFN_KERNEL void load_four(uint32_t (&out)[2], const uint16_t* shared) {
    const uint2 two = *reinterpret_cast<const uint2*>(shared);
    out[0] = two.x;
    out[1] = two.y;
}

// sum += a * b, a warp together: 16 x 16 times 16 x 8.
CFN_KERNEL void multiply_16_8_16(float (&sum)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1) {
    asm("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
        : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}
// The same, by four quad pairs: each 8 x 4 times 4 x 8.
CFN_KERNEL void multiply_8_8_4(float (&sum)[8], const uint32_t (&a)[2], const uint32_t (&b)[2]) {
    asm("mma.sync.aligned.m8n8k4.row.col.f32.f16.f16.f32 {%0, %1, %2, %3, %4, %5, %6, %7}, {%8, %9}, {%10, %11}, {%0, %1, %2, %3, %4, %5, "
        "%6, %7};"
        : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3]), "+f"(sum[4]), "+f"(sum[5]), "+f"(sum[6]), "+f"(sum[7])
        : "r"(a[0]), "r"(a[1]), "r"(b[0]), "r"(b[1]));
}

CFN_KERNEL double square_root(double value) { return sqrt(value); }
CFN_KERNEL uint32_t lowest_bit(uint32_t bits) { return static_cast<uint32_t>(__ffs(static_cast<int>(bits)) - 1); }

} // namespace cfn::cuda
