// One GPU with the search's kernels loaded.
#pragma once
#include <cstddef>
#include <cstdint>
#include <utility>

#include "../../clipfusion_native.h"
#include "../kernels/batch.h"
#include "context.h"
#include "images.h"

namespace cfn::cuda {

// What a device is, and the image that it would run. Makes no context. Throws Error(CFN_NO_DEVICE), with what was found by then filled in.
const Image& probe(int32_t device, cfn_device_info& info);

enum class KernelName { prepare, screen, decide };

// A caller's CUstream (or cudaStream_t, which is the same); null is the default stream.
using Stream = void*;

// Everything throws Error(CFN_DEVICE_FAILED) or Error(CFN_NO_MEMORY), unless it says otherwise.
class Gpu {
public:
    explicit Gpu(int32_t device); // throws Error(CFN_NO_DEVICE) too
    ~Gpu();
    Gpu(const Gpu&) = delete;
    Gpu& operator=(const Gpu&) = delete;

    // Aligned to 256 bytes; never null.
    void* allocate(std::size_t bytes);
    void release(void* memory) noexcept;

    // Done when they return, after all that was launched on the default stream.
    void upload(void* device, const void* host, std::size_t bytes);
    void download(void* host, const void* device, std::size_t bytes);

    // Enqueued only.
    void launch(KernelName kernel, uint32_t blocks, uint32_t threads, const Batch& batch, Stream stream);

    // A mark in a stream's work, for which other streams and the CPU can wait.
    EventObject* make_mark();
    void release_mark(EventObject* mark) noexcept;
    void set_mark(EventObject* mark, Stream stream);
    void make_stream_wait(Stream stream, EventObject* mark);
    void wait(EventObject* mark);

private:
    Gpu(int32_t device, const Image& kernels);

    Context context_;
    const Driver& driver_;
    ModuleObject* module_ = nullptr;
    FunctionObject* functions_[3] = {};
};

// Device memory that ends with its scope.
class Memory {
public:
    Memory() = default;
    Memory(Gpu& gpu, std::size_t bytes) : gpu_(&gpu), address_(gpu.allocate(bytes)), bytes_(bytes) {}
    Memory(Memory&& other) noexcept
        : gpu_(other.gpu_), address_(std::exchange(other.address_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
    Memory& operator=(Memory&& other) noexcept {
        std::swap(gpu_, other.gpu_);
        std::swap(address_, other.address_);
        std::swap(bytes_, other.bytes_);
        return *this;
    }
    ~Memory() {
        if (address_ != nullptr) gpu_->release(address_);
    }

    std::size_t bytes() const { return bytes_; }
    template <class T>
    T* at(std::size_t offset = 0) const {
        return static_cast<T*>(static_cast<void*>(static_cast<unsigned char*>(address_) + offset));
    }

private:
    Gpu* gpu_ = nullptr;
    void* address_ = nullptr;
    std::size_t bytes_ = 0;
};

} // namespace cfn::cuda
