// The compiled kernels, as bytes of this library. kernels.inc is written by CMake: CFN_IMAGE(name, capability, is PTX, file) for each.
#include "images.h"

// A zero byte at the end, for PTX.
#define CFN_IMAGE(name, capability, is_ptx, file)                                                                                          \
    asm(".pushsection .rodata\n.balign 64\n.globl cfn_image_" #name "\n.hidden cfn_image_" #name "\ncfn_image_" #name ":\n.incbin \"" file \
        "\"\n.byte 0\n.popsection\n");                                                                                                     \
    extern "C" const unsigned char cfn_image_##name[];
#include "kernels.inc"
#undef CFN_IMAGE

namespace cfn::cuda {
namespace {

#define CFN_IMAGE(name, capability, is_ptx, file) Image{#name, capability, is_ptx, cfn_image_##name},
const Image all[] = {
#include "kernels.inc"
};
#undef CFN_IMAGE

} // namespace

std::span<const Image> images() { return all; }

} // namespace cfn::cuda
