#include "copy.h"

#include "context.h"

namespace cfn::cuda {
namespace {

template <class Enqueue>
void copied(int32_t device, std::size_t bytes, const char* tried, Enqueue&& enqueue) {
    const Context context(device);
    if (bytes == 0) return;
    const Context::Current current(context);
    context.driver().check(enqueue(context.driver()), tried);
    // A copy of pageable memory up, and one within the device, may return before it is made, and only the default stream would wait for it:
    // others, as ONNX Runtime's, would read what was there before.
    context.driver().check(context.driver().synchronise_stream(nullptr), tried);
}

} // namespace

void upload(int32_t device, void* to, const void* from, std::size_t bytes) {
    copied(device, bytes, "take data", [&](const Driver& driver) { return driver.upload(address(to), from, bytes); });
}

void download(int32_t device, void* to, const void* from, std::size_t bytes) {
    copied(device, bytes, "give data", [&](const Driver& driver) { return driver.download(to, address(from), bytes); });
}

void copy(int32_t device, void* to, const void* from, std::size_t bytes) {
    copied(device, bytes, "copy data", [&](const Driver& driver) { return driver.copy(address(to), address(from), bytes); });
}

} // namespace cfn::cuda
