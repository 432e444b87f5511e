// The kernels as they were compiled into this library: machine code for some architectures, and PTX, which the driver compiles, for those
// that came later.
#pragma once
#include <span>
#include <string>

namespace cfn::cuda {

struct Image {
    const char* name; // "sm_87" or "compute_80"
    int capability;   // 87: compute capability 8.7
    bool is_ptx;
    const void* content; // PTX ends with a zero byte
};

// Empty where no compiler was found when the library was built.
std::span<const Image> images();

// PTX of this version needs a driver of at least CUDA 11.8; machine code, any of CUDA 11.
inline constexpr int ptx_driver = 11080, code_driver = 11000;

// The image for a GPU: its own machine code, or else the latest PTX that it can run. Throws Error(CFN_NO_DEVICE) where there is none or the
// driver is too old.
const Image& image_for(std::span<const Image> all, int capability, int driver_version);

} // namespace cfn::cuda
