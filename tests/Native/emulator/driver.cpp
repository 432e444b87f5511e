// A stand-in for libcuda.so.1 on machines without a GPU: memory is this process's, and kernels run on the emulator. Device 0 is called an
// Orin (8.7), device 1 a Xavier (7.2). The tests' program finds it through its run path, as any program would find the real one.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <string>
#include <vector>

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

// A copy that has been ordered, but is not made before something waits for the default stream or comes after it there.
struct LateCopy {
    unsigned long long to;
    std::vector<unsigned char> bytes;
};

struct Function {
    void (*body)(const Batch&);
};

// Before and behind every allocation lie bytes that must not change.
std::mutex mutex;
std::map<unsigned long long, Allocation> memory;
std::vector<LateCopy> late;
int contexts = 0, pushed = 0, events = 0;
FakeFaults faults{};

template <class Products>
Function kernel(const std::string& name) {
    if (name == "cfn_prepare") return {prepare};
    if (name == "cfn_screen") return {screen<Products>};
    if (name == "cfn_decide") return {decide<Products>};
    return {nullptr};
}

// Whether an access is right: within one allocation, or beside all of them, where others who share the device (here: the process) have
// theirs.
bool may_touch(unsigned long long address, std::size_t bytes) {
    const auto after = memory.upper_bound(address);
    if (after != memory.begin()) {
        const auto& [begin, allocation] = *std::prev(after);
        if (address < begin + allocation.bytes) return address + bytes <= begin + allocation.bytes;
    }
    return after == memory.end() || address + bytes <= after->first;
}

void finish_copies() {
    for (const LateCopy& copy : late) std::memcpy(reinterpret_cast<void*>(copy.to), copy.bytes.data(), copy.bytes.size());
    late.clear();
}

// Whether a copy may begin; what was ordered before it is made first.
int begin_copy(unsigned long long device, std::size_t bytes) {
    if (faults.copies_until_failure >= 0 && faults.copies_until_failure-- == 0) return launch_failed;
    finish_copies();
    return may_touch(device, bytes) && pushed > 0 ? success : invalid_value;
}

void order(unsigned long long to, const unsigned char* from, std::size_t bytes) { late.push_back({to, {from, from + bytes}}); }

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

// Filled with what are large numbers, in half and single precision: they win every maximum, so that what is read before it is written
// shows. NaN would lose.
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
    finish_copies();
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
// Up and within the device later than the call returns, as the driver may.
int cuMemcpyHtoD_v2(unsigned long long device, const void* host, std::size_t bytes) {
    const std::lock_guard lock(mutex);
    if (const int status = begin_copy(device, bytes); status != success) return status;
    order(device, static_cast<const unsigned char*>(host), bytes);
    return success;
}
int cuMemcpyDtoD_v2(unsigned long long to, unsigned long long from, std::size_t bytes) {
    const std::lock_guard lock(mutex);
    if (const int status = begin_copy(to, bytes); status != success) return status;
    if (!may_touch(from, bytes)) return invalid_value;
    order(to, reinterpret_cast<const unsigned char*>(from), bytes);
    return success;
}
int cuMemcpyDtoH_v2(void* host, unsigned long long device, std::size_t bytes) {
    const std::lock_guard lock(mutex);
    if (const int status = begin_copy(device, bytes); status != success) return status;
    std::memcpy(host, reinterpret_cast<void*>(device), bytes);
    return success;
}
int cuStreamSynchronize(void*) {
    const std::lock_guard lock(mutex);
    finish_copies();
    return success;
}
int cuLaunchKernel(
    void* function, unsigned blocks, unsigned, unsigned, unsigned threads, unsigned, unsigned, unsigned, void*, void** parameters, void**
) {
    const std::lock_guard lock(mutex);
    if (faults.launches_until_failure >= 0 && faults.launches_until_failure-- == 0) return launch_failed;
    if (blocks == 0 || pushed == 0) return invalid_value;
    finish_copies();
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
int cuEventSynchronize(void*) { return cuStreamSynchronize(nullptr); }

} // extern "C"
