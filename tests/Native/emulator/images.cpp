// Stands for compiled kernels: the emulated driver takes an image's content for the name of the instruction set.
#include "../../../src/Native/cuda/host/images.h"

namespace cfn::cuda {

std::span<const Image> images() {
    static const Image all[] = {{"sm_72", 72, false, "volta"}, {"sm_87", 87, false, "ampere"}};
    return all;
}

} // namespace cfn::cuda
