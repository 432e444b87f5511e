#include "gpu.h"

#include "../../base/error.h"

namespace cfn::cuda {
namespace {

StreamObject* object(Stream stream) { return static_cast<StreamObject*>(stream); }

// The kernels for a GPU. Asked before the driver is, so that a build without kernels says so, whatever the machine has.
const Image& kernels_for(int32_t device) {
    cfn_device_info info{};
    return probe(device, info);
}

} // namespace

Gpu::Gpu(int32_t device) : Gpu(device, kernels_for(device)) {}

Gpu::Gpu(int32_t device, const Image& image) : context_(device), driver_(context_.driver()) {
    const Context::Current current(context_);
    driver_.check(driver_.load_module(&module_, image.content), "load the kernels");
    try {
        const char* const names[] = {"cfn_prepare", "cfn_screen", "cfn_decide"}; // in the order of KernelName
        for (int i = 0; i < 3; ++i) driver_.check(driver_.function(&functions_[i], module_, names[i]), "find a kernel");
    } catch (...) {
        driver_.unload_module(module_);
        throw;
    }
}

Gpu::~Gpu() {
    context_.if_alive([&](const Driver& driver) { driver.unload_module(module_); });
}

void* Gpu::allocate(std::size_t bytes) {
    const Context::Current current(context_);
    DevicePointer found = 0;
    driver_.check(driver_.allocate(&found, bytes == 0 ? 256 : bytes), "allocate memory");
    return reinterpret_cast<void*>(found);
}

void Gpu::release(void* memory) noexcept {
    context_.if_alive([&](const Driver& driver) { driver.release(address(memory)); });
}

void Gpu::upload(void* device, const void* host, std::size_t bytes) {
    const Context::Current current(context_);
    driver_.check(driver_.upload(address(device), host, bytes), "take data");
}

void Gpu::download(void* host, const void* device, std::size_t bytes) {
    const Context::Current current(context_);
    driver_.check(driver_.download(host, address(device), bytes), "give data");
}

void Gpu::launch(KernelName kernel, uint32_t blocks, uint32_t threads, const Batch& batch, Stream stream) {
    const Context::Current current(context_);
    void* parameters[] = {const_cast<Batch*>(&batch)}; // copied before the call returns
    driver_.check(
        driver_.launch(functions_[static_cast<int>(kernel)], blocks, 1, 1, threads, 1, 1, 0, object(stream), parameters, nullptr),
        "launch a kernel"
    );
}

EventObject* Gpu::make_mark() {
    const Context::Current current(context_);
    EventObject* made = nullptr;
    driver_.check(driver_.create_event(&made, no_timing), "make an event");
    return made;
}

void Gpu::release_mark(EventObject* mark) noexcept {
    context_.if_alive([&](const Driver& driver) { driver.destroy_event(mark); });
}

void Gpu::set_mark(EventObject* mark, Stream stream) {
    const Context::Current current(context_);
    driver_.check(driver_.record_event(mark, object(stream)), "record an event");
}

void Gpu::make_stream_wait(Stream stream, EventObject* mark) {
    const Context::Current current(context_);
    driver_.check(driver_.wait_for_event(object(stream), mark, 0), "wait for an event");
}

void Gpu::wait(EventObject* mark) {
    const Context::Current current(context_);
    driver_.check(driver_.synchronise_event(mark), "finish what it was given");
}

} // namespace cfn::cuda
