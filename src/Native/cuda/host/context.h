// A device's primary context: the one that ONNX Runtime and everything else made with the CUDA runtime works in.
#pragma once
#include <cstdint>

#include "driver.h"

namespace cfn::cuda {

inline DevicePointer address(const void* memory) { return reinterpret_cast<DevicePointer>(memory); }

// Throws Error(CFN_NO_DEVICE) unless there is a GPU of this number, counted from 0.
void require_device(const Driver& driver, int32_t device);

// Kept for as long as this lives.
class Context {
public:
    // Throws Error: CFN_NO_DEVICE without a driver or this GPU, CFN_DEVICE_FAILED or CFN_NO_MEMORY.
    explicit Context(int32_t device);
    ~Context();
    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;

    const Driver& driver() const { return driver_; }

    // Makes the context current for as long as it lives, and then the caller's again. Throws Error(CFN_DEVICE_FAILED).
    class Current {
    public:
        explicit Current(const Context& context);
        ~Current();
        Current(const Current&) = delete;
        Current& operator=(const Current&) = delete;

    private:
        const Driver& driver_;
    };

    // The same for what is given back and must not throw: does nothing where the device has failed, which keeps its memory until the
    // process ends.
    template <class Body>
    void if_alive(Body&& body) const noexcept {
        if (driver_.push_context(context_) != 0) return;
        body(driver_);
        ContextObject* ours = nullptr;
        driver_.pop_context(&ours);
    }

private:
    const Driver& driver_;
    Device device_ = 0;
    ContextObject* context_ = nullptr;
};

} // namespace cfn::cuda
