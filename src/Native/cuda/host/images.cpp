#include "images.h"

#include "../../base/error.h"

namespace cfn::cuda {
namespace {

std::string version(int number) { return std::to_string(number / 1000) + "." + std::to_string(number % 1000 / 10); }

} // namespace

const Image& image_for(std::span<const Image> all, int capability, int driver_version) {
    require(!all.empty(), CFN_NO_DEVICE, "The GPU kernels are not built in: ./build.sh cuda fetches their compiler and builds them.");
    const Image* best = nullptr;
    for (const Image& image : all) {
        if (!image.is_ptx && image.capability == capability) {
            best = &image;
            break;
        }
        if (image.is_ptx && image.capability <= capability && (best == nullptr || image.capability > best->capability)) best = &image;
    }
    require(
        best != nullptr, CFN_NO_DEVICE, "The GPU's compute capability ", capability / 10, ".", capability % 10,
        " is too low; 7.0 or higher is expected."
    );
    const int needed = best->is_ptx ? ptx_driver : code_driver;
    require(
        driver_version >= needed, CFN_NO_DEVICE, "The NVIDIA driver is of CUDA ", version(driver_version), "; for this GPU (", best->name,
        ") it must be of CUDA ", version(needed), " or later."
    );
    return *best;
}

} // namespace cfn::cuda
