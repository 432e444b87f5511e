// In place of the compiled kernels where there was no compiler.
#include "images.h"

namespace cfn::cuda {

std::span<const Image> images() { return {}; }

} // namespace cfn::cuda
