// The CUDA driver, libcuda.so.1, which comes with the kernel module and not with a toolkit. Loaded when first asked for; declared here as
// far as it is used, after the CUDA driver API's reference manual, so that no header of NVIDIA's is needed.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>

namespace cfn::cuda {

using Device = int;
using DevicePointer = unsigned long long;
using Status = int; // CUresult; 0 is success
struct ContextObject;
struct ModuleObject;
struct FunctionObject;
struct StreamObject;
struct EventObject;

inline constexpr Status out_of_memory = 2, no_device = 100;
enum Attribute { compute_capability_major = 75, compute_capability_minor = 76 };
inline constexpr unsigned no_timing = 2; // CU_EVENT_DISABLE_TIMING

// X(member, name in the library, arguments). The suffixes are versions of the functions, which keep their meaning for ever.
#define CFN_DRIVER_FUNCTIONS(X)                                                                                                            \
    X(init, cuInit, (unsigned flags))                                                                                                      \
    X(driver_version, cuDriverGetVersion, (int* version))                                                                                  \
    X(error_string, cuGetErrorString, (Status, const char**))                                                                              \
    X(device_count, cuDeviceGetCount, (int*))                                                                                              \
    X(device, cuDeviceGet, (Device*, int ordinal))                                                                                         \
    X(device_name, cuDeviceGetName, (char*, int capacity, Device))                                                                         \
    X(device_memory, cuDeviceTotalMem_v2, (std::size_t*, Device))                                                                          \
    X(device_attribute, cuDeviceGetAttribute, (int*, Attribute, Device))                                                                   \
    X(retain_context, cuDevicePrimaryCtxRetain, (ContextObject**, Device))                                                                 \
    X(release_context, cuDevicePrimaryCtxRelease_v2, (Device))                                                                             \
    X(push_context, cuCtxPushCurrent_v2, (ContextObject*))                                                                                 \
    X(pop_context, cuCtxPopCurrent_v2, (ContextObject**))                                                                                  \
    X(load_module, cuModuleLoadData, (ModuleObject**, const void* image))                                                                  \
    X(unload_module, cuModuleUnload, (ModuleObject*))                                                                                      \
    X(function, cuModuleGetFunction, (FunctionObject**, ModuleObject*, const char* name))                                                  \
    X(allocate, cuMemAlloc_v2, (DevicePointer*, std::size_t))                                                                              \
    X(release, cuMemFree_v2, (DevicePointer))                                                                                              \
    X(upload, cuMemcpyHtoD_v2, (DevicePointer, const void*, std::size_t))                                                                  \
    X(download, cuMemcpyDtoH_v2, (void*, DevicePointer, std::size_t))                                                                      \
    X(copy, cuMemcpyDtoD_v2, (DevicePointer, DevicePointer, std::size_t))                                                                  \
    X(synchronise_stream, cuStreamSynchronize, (StreamObject*))                                                                            \
    X(launch, cuLaunchKernel,                                                                                                              \
      (FunctionObject*, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x, unsigned block_y, unsigned block_z,           \
       unsigned shared_bytes, StreamObject*, void** parameters, void** extra))                                                             \
    X(create_event, cuEventCreate, (EventObject**, unsigned flags))                                                                        \
    X(destroy_event, cuEventDestroy_v2, (EventObject*))                                                                                    \
    X(record_event, cuEventRecord, (EventObject*, StreamObject*))                                                                          \
    X(wait_for_event, cuStreamWaitEvent, (StreamObject*, EventObject*, unsigned flags))                                                    \
    X(synchronise_event, cuEventSynchronize, (EventObject*))

class Driver {
public:
    // Throws Error(CFN_NO_DEVICE): no library, one that lacks functions, or one that does not start.
    static const Driver& instance();

    int version = 0; // 12020 is CUDA 12.2

#define CFN_DECLARE(member, name, arguments) Status(*member) arguments = nullptr;
    CFN_DRIVER_FUNCTIONS(CFN_DECLARE)
#undef CFN_DECLARE

    // Throws Error(CFN_DEVICE_FAILED), or CFN_NO_MEMORY, naming what was tried, unless the status is success.
    void check(Status status, const char* tried) const;

    std::string words(Status status) const;

private:
    Driver() = default;
    std::string load(const char* library); // returns why not, or nothing

    friend struct LoadedDriver;
};

} // namespace cfn::cuda
