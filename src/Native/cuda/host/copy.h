// Copies to, from and within a device's memory, whoever allocated it in the primary context. They need the driver, but none of the kernels.
#pragma once
#include <cstddef>
#include <cstdint>

namespace cfn::cuda {

// Each waits until the last byte is where it belongs, for every stream. What made the bytes must be done. Throws Error.
void upload(int32_t device, void* to, const void* from, std::size_t bytes);
void download(int32_t device, void* to, const void* from, std::size_t bytes);
void copy(int32_t device, void* to, const void* from, std::size_t bytes);

} // namespace cfn::cuda
