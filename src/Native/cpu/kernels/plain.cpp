// For any processor, and the yardstick for all other kernels.
#include "generic.h"

namespace cfn {

static uint64_t screen(const ScreenTile& t, float (*estimate)[panel_rows]) { return generic::screen(t, estimate); }
static void dots(const float* q, std::size_t n, const float* r, std::size_t m, std::size_t d, float* out, std::size_t stride) {
    generic::dots(q, n, r, m, d, out, stride);
}
static void multiply(const ProductTile& t, float (*product)[panel_rows], uint16_t* hits) { generic::multiply(t, product, hits); }
static void few(const float* q, const float* const* rows, std::size_t d, float* out) { generic::few(q, rows, d, out); }
static double dot(const float* q, const float* r, std::size_t d) { return generic::dot(q, r, d); }

const Kernel plain_kernel{"plain", screen, multiply, dots, few, dot, [] { return true; }};

} // namespace cfn
