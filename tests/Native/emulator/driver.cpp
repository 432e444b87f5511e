// A stand-in for libcuda.so.1 on machines without a GPU: memory is this process's, and kernels run on the emulator. Device 0 is called an Orin (8.7), device 1 a
// Xavier (7.2). The tests' program finds it through its run path, as any program would find the real one.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <string>

#include "../../../src/Native/cuda/kernels/decide.h"
#include "../../../src/Native/cuda/kernels/screen.h"
#include "faults.h"

using namespace cfn::cuda;

namespace {

constexpr int success = 0, invalid_value = 1, out_of_memory = 2, not_found = 500, launch_failed = 719;
constexpr std::size_t guard_bytes = 64;

struct Allocation {
    unsigned char* base;
    std::size_t bytes;
};

struct Function {
    void (*body)(const Batch&);
};

// Before and behind every allocation lie bytes that must not change.
std::mutex mutex;
std::map<unsigned long long, Allocation> memory;
int contexts = 0, pushed = 0, events = 0;
FakeFaults faults{};

template <class Products>
Function kernel(const std::string& name) {
    if (name == "cfn_prepare") return {prepare};
    if (name == "cfn_screen") return {screen<Products>};
    if (name == "cfn_decide") return {decide<Products>};
    return {nullptr};
}

bool holds(unsigned long long address, std::size_t bytes) {
    const auto after = memory.upper_bound(address);
    if (after == memory.begin()) return false;
    const auto& [begin, allocation] = *std::prev(after);
    return address + bytes <= begin + allocation.bytes;
}

bool guards_are_whole(const Allocation& a) {
    for (std::size_t i = 0; i < guard_bytes; ++i)
        if (a.base[256 - guard_bytes + i] != 0xa5 || a.base[256 + a.bytes + i] != 0xa5) return false;
    return true;
}

} // namespace

extern "C" {

void fake_set_faults(const FakeFaults* wanted) { faults = *wanted; }
int fake_leftovers() { return static_cast<int>(memory.size()) + contexts + pushed + events; }

int cuInit(unsigned) { return success; }
int cuDriverGetVersion(int* version) {
    *version = 11080;
    return success;
}
int cuGetErrorString(int status, const char** text) {
    *text = status == out_of_memory ? "out of memory" : status == launch_failed ? "unspecified launch failure" : "invalid argument";
    return success;
}
int cuDeviceGetCount(int* count) {
    *count = 2;
    return success;
}
int cuDeviceGet(int* device, int ordinal) {
    *device = ordinal;
    return success;
}
int cuDeviceGetName(char* name, int capacity, int device) {
    std::snprintf(name, static_cast<std::size_t>(capacity), "Emulated %s", device == 0 ? "Orin" : "Xavier");
    return success;
}
int cuDeviceTotalMem_v2(std::size_t* bytes, int) {
    *bytes = std::size_t{1} << 30;
    return success;
}
int cuDeviceGetAttribute(int* value, int attribute, int device) {
    *value = attribute == 75 ? (device == 0 ? 8 : 7) : (device == 0 ? 7 : 2);
    return attribute == 75 || attribute == 76 ? success : invalid_value;
}
int cuDevicePrimaryCtxRetain(void** context, int device) {
    ++contexts;
    *context = reinterpret_cast<void*>(static_cast<uintptr_t>(device + 1));
    return success;
}
int cuDevicePrimaryCtxRelease_v2(int) {
    --contexts;
    return success;
}
int cuCtxPushCurrent_v2(void*) {
    ++pushed;
    return success;
}
int cuCtxPopCurrent_v2(void** context) {
    --pushed;
    *context = nullptr;
    return success;
}
// A module is the name of its image.
int cuModuleLoadData(const char** module, const void* image) {
    *module = static_cast<const char*>(image);
    return success;
}
int cuModuleUnload(const char*) { return success; }
int cuModuleGetFunction(void** function, const char* module, const char* name) {
    // Machine code of a real GPU, which gpu_bank brings, counts as Ampere.
    const Function found = std::strcmp(module, "volta") == 0 ? kernel<VoltaProducts>(name) : kernel<AmpereProducts>(name);
    *function = reinterpret_cast<void*>(found.body);
    return found.body == nullptr ? not_found : success;
}

// Filled with what are large numbers, in half and single precision: they win every maximum, so that what is read before it is written shows. NaN would lose.
int cuMemAlloc_v2(unsigned long long* address, std::size_t bytes) {
    if (faults.allocations_until_full >= 0 && faults.allocations_until_full-- == 0) return out_of_memory;
    const std::lock_guard lock(mutex);
    auto* base = static_cast<unsigned char*>(std::aligned_alloc(256, (bytes + 256 + guard_bytes + 255) / 256 * 256));
    std::memset(base, 0xa5, 256 + bytes + guard_bytes);
    std::memset(base + 256, 0x7b, bytes);
    *address = reinterpret_cast<unsigned long long>(base + 256);
    memory[*address] = {base, bytes};
    return success;
}
int cuMemFree_v2(unsigned long long address) {
    const std::lock_guard lock(mutex);
    const auto found = memory.find(address);
    if (found == memory.end()) std::abort();
    if (!guards_are_whole(found->second)) {
        std::fprintf(stderr, "emulated driver: something was written beside an allocation of %zu bytes\n", found->second.bytes);
        std::abort();
    }
    std::free(found->second.base);
    memory.erase(found);
    return success;
}
int cuMemcpyHtoD_v2(unsigned long long device, const void* host, std::size_t bytes) {
    const std::lock_guard lock(mutex);
    if (!holds(device, bytes) || pushed == 0) return invalid_value;
    std::memcpy(reinterpret_cast<void*>(device), host, bytes);
    return success;
}
int cuMemcpyDtoH_v2(void* host, unsigned long long device, std::size_t bytes) {
    const std::lock_guard lock(mutex);
    if (!holds(device, bytes) || pushed == 0) return invalid_value;
    std::memcpy(host, reinterpret_cast<void*>(device), bytes);
    return success;
}
int cuLaunchKernel(void* function, unsigned blocks, unsigned, unsigned, unsigned threads, unsigned, unsigned, unsigned, void*, void** parameters, void**) {
    const std::lock_guard lock(mutex);
    if (faults.launches_until_failure >= 0 && faults.launches_until_failure-- == 0) return launch_failed;
    if (blocks == 0 || pushed == 0) return invalid_value;
    const auto body = reinterpret_cast<void (*)(const Batch&)>(function);
    const Batch batch = *static_cast<const Batch*>(parameters[0]);
    emulator::run(blocks, threads, [&] { body(batch); });
    return success;
}
int cuEventCreate(void** event, unsigned) {
    ++events;
    *event = &events;
    return success;
}
int cuEventDestroy_v2(void*) {
    --events;
    return success;
}
int cuEventRecord(void*, void*) { return success; }
int cuStreamWaitEvent(void*, void*, unsigned) { return success; }
int cuEventSynchronize(void*) { return success; }

} // extern "C"
