// What the driver loads: three kernels, compiled for every architecture by compile.sh.
#include "decide.h"
#include "screen.h"

namespace {

#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 800
using Products = cfn::cuda::AmpereProducts;
#else
using Products = cfn::cuda::VoltaProducts;
#endif

} // namespace

extern "C" {

__global__ void __launch_bounds__(cfn::cuda::vector_threads) cfn_prepare(const __grid_constant__ cfn::cuda::Batch batch) {
    cfn::cuda::prepare(batch);
}

// Two blocks share a multiprocessor: 128 registers a thread, 48 KB of shared memory each.
__global__ void __launch_bounds__(cfn::cuda::screen_threads, 2) cfn_screen(const __grid_constant__ cfn::cuda::Batch batch) {
    cfn::cuda::screen<Products>(batch);
}

__global__ void __launch_bounds__(cfn::cuda::vector_threads) cfn_decide(const __grid_constant__ cfn::cuda::Batch batch) {
    cfn::cuda::decide<Products>(batch);
}

} // extern "C"
