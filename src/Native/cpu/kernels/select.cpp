#include <algorithm>
#include <cstdlib>
#include <utility>
#include <vector>

#include "../../base/error.h"
#include "kernel.h"

namespace cfn {
namespace {

// A small search with all extreme values, compared with the plain kernel: an instruction set that this code was never run on must not be
// trusted blindly.
bool agrees(const Kernel& kernel) {
    constexpr std::size_t values = 3 * step_values;
    alignas(64) static int8_t rows[values * panel_rows];
    alignas(64) static uint8_t queries[values * tile_queries];
    int32_t bias[panel_rows] = {};
    float scale[panel_rows], shift[panel_rows], query_scale[tile_queries], threshold[tile_queries];
    uint32_t state = 12345;
    auto next = [&](int levels) { // -levels, levels or something between, a third of the time each
        state = state * 1664525u + 1013904223u;
        const int pick = static_cast<int>(state >> 16) % 3, any = static_cast<int>(state >> 8 & 0xffff) % (2 * levels + 1) - levels;
        return pick == 0 ? levels : pick == 1 ? -levels : any;
    };
    for (auto& q : queries) q = static_cast<uint8_t>(next(query_levels) + query_offset);
    for (std::size_t i = 0; i < values * panel_rows; ++i) {
        rows[i] = static_cast<int8_t>(next(row_levels));
        bias[i / 4 % panel_rows] -= query_offset * rows[i];
    }
    for (int r = 0; r < panel_rows; ++r) scale[r] = 1.0f / static_cast<float>(64 + r), shift[r] = static_cast<float>(r);
    for (int q = 0; q < tile_queries; ++q) query_scale[q] = 0.01f * static_cast<float>(q + 1), threshold[q] = static_cast<float>(q - 1);

    const ScreenTile tile{queries, rows, bias, scale, shift, values, query_scale, threshold};
    float expected[tile_queries][panel_rows], found[tile_queries][panel_rows];
    const uint64_t bits = plain_kernel.screen(tile, expected);
    if (kernel.screen(tile, found) != bits) return false;
    for (int i = 0; i < tile_queries * panel_rows; ++i) {
        const int q = i / panel_rows, r = i % panel_rows;
        if ((bits >> i & 1) != 0 && !(std::abs(expected[q][r] - found[q][r]) <= 1e-4f)) return false;
    }

    constexpr std::size_t d = 37;
    alignas(64) static float panel[d * panel_rows];
    float vectors[few_rows][d];
    for (auto& v : vectors)
        for (float& x : v) x = static_cast<float>(next(1000)) / 777;
    for (float& x : panel) x = static_cast<float>(next(1000)) / 999;
    const float* const rows_of[few_rows] = {vectors[0], vectors[1], vectors[2], vectors[3]};
    struct Products {
        float panel[few_rows][panel_rows], some[few_rows], block[few_rows * few_rows];
        uint16_t hits[few_rows];
    } mine, plain;
    for (auto& [with, to] : {std::pair<const Kernel&, Products&>{kernel, mine}, {plain_kernel, plain}}) {
        with.multiply({vectors[0], few_rows, panel, d, threshold}, to.panel, to.hits);
        with.few(vectors[0], rows_of, d, to.some);
        with.dots(vectors[0], few_rows, vectors[0], few_rows, d, to.block, few_rows);
    }
    const auto close = [](const auto& a, const auto& b) {
        return std::equal(std::begin(a), std::end(a), std::begin(b), [](float x, float y) { return std::abs(x - y) < 1e-3f; });
    };
    for (int i = 0; i < few_rows; ++i)
        if (!close(mine.panel[i], plain.panel[i]) || kernel.dot(vectors[0], vectors[i], d) != plain_kernel.dot(vectors[0], vectors[i], d))
            return false;
    return close(mine.some, plain.some) && close(mine.block, plain.block)
        && std::equal(std::begin(mine.hits), std::end(mine.hits), plain.hits);
}

std::vector<const Kernel*> usable() {
    std::vector<const Kernel*> found;
    const Kernel* const all[] = {
#if defined(__x86_64__)
        &avx512_kernel,
        &avx_vnni_kernel,
        &avx2_kernel,
#elif defined(__aarch64__)
        &neon_dot_kernel,
        &neon_kernel,
#endif
        &plain_kernel
    };
    std::copy_if(std::begin(all), std::end(all), std::back_inserter(found), [](const Kernel* k) { return k->available() && agrees(*k); });
    return found;
}

} // namespace

std::span<const Kernel* const> kernels() {
    static const std::vector<const Kernel*> list = usable();
    return list;
}

const Kernel& select_kernel(std::string_view name) {
    const char* wanted = std::getenv("CLIPFUSION_KERNEL");
    if (name.empty() && wanted != nullptr) name = wanted;
    if (name.empty()) return *kernels().front();

    std::string names;
    for (const Kernel* kernel : kernels()) {
        if (kernel->name == name) return *kernel;
        names += std::string(names.empty() ? "" : ", ") + kernel->name;
    }
    fail(CFN_UNSUPPORTED, "This processor has no kernel '", name, "'; it has: ", names, ".");
}

} // namespace cfn
