// The search on a real GPU against the CPU's, over a table of sizes: neighbours, and the normalised error of similarities. Both should be
// alike to the last bit.
//
//   gpu_bank [--time] [--up-to PRODUCTS] [--device N]
//
// --time also measures, from enqueueing to the end, searches of queries that lie in the GPU's memory: median of 21, and float16 operations
// a second.
// --up-to leaves out sizes with more products of numbers (queries x rows x dimension) than that. Without a GPU it says why and exits with
// 77, which is "skipped".
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <memory>

#include "../../src/Native/cuda/host/gpu.h"
#include "testing.h"

using namespace testing;

namespace {

struct Size {
    std::size_t banks, queries, rows, dimension;
    bool clustered;
};

// From one number to five banks of an inspection at full size.
constexpr Size sizes[] = {{1, 1, 1, 64, false},      {1, 7, 100, 72, true},     {2, 130, 129, 320, false},
                          {1, 225, 2000, 896, true}, {5, 256, 4500, 640, true}, {5, 1024, 20000, 1280, true}};

struct Problem {
    explicit Problem(const Size& s) : size(s) {
        for (std::size_t b = 0; b < s.banks; ++b) {
            const auto seed = static_cast<unsigned>(100 + 10 * b);
            const auto values = [&](unsigned from, std::size_t n) {
                return s.clustered ? clustered(from, n, s.dimension) : gaussian(from, n * s.dimension);
            };
            banks.push_back(std::make_unique<TestBank>(s.dimension));
            handles.push_back(banks.back()->handle);
            const auto rows = values(seed, s.rows);
            if (cfn_bank_append(handles.back(), CFN_FLOAT32, rows.data(), rows.size(), s.rows, nullptr, nullptr) != CFN_OK)
                throw Failure(message());
            queries.push_back(values(seed + 5, s.queries));
        }
    }
    Size size;
    std::vector<std::unique_ptr<TestBank>> banks;
    std::vector<cfn_bank> handles;
    std::vector<std::vector<float>> queries;
};

void must(cfn_status status) {
    if (status != CFN_OK) throw Failure(message());
}

cfn_device_query request_of(const Size& s, uint32_t bank, const void* queries, float* similarity, int64_t* row) {
    return {sizeof(cfn_device_query), bank, CFN_FLOAT32, -1, queries, s.queries * s.dimension, s.queries, similarity, row};
}

// Returns whether GPU and CPU agree.
bool compare(const Problem& p, cfn_device_set set) {
    std::vector<Result> gpu(p.size.banks, Result(p.size.queries));
    std::vector<cfn_device_query> requests;
    for (uint32_t b = 0; b < p.size.banks; ++b)
        requests.push_back(request_of(p.size, b, p.queries[b].data(), gpu[b].similarity.data(), gpu[b].row.data()));
    must(cfn_device_set_search_host(set, requests.data(), static_cast<uint32_t>(requests.size())));
    double error = 0, total = 0;
    std::size_t other = 0;
    for (std::size_t b = 0; b < p.size.banks; ++b) {
        Result cpu(p.size.queries);
        const cfn_search search = request(p.queries[b], p.size.dimension, cpu, 2);
        must(cfn_bank_search(p.handles[b], &search));
        for (std::size_t q = 0; q < p.size.queries; ++q) {
            const double difference = static_cast<double>(gpu[b].similarity[q]) - static_cast<double>(cpu.similarity[q]);
            error += difference * difference;
            total += static_cast<double>(cpu.similarity[q]) * static_cast<double>(cpu.similarity[q]);
            other += gpu[b].row[q] != cpu.row[q];
        }
    }
    const double normalised = std::sqrt(error / total);
    std::printf("  normalised error %.2e, other neighbours %zu of %zu\n", normalised, other, p.size.banks * p.size.queries);
    return normalised == 0 && other == 0;
}

void measure(const Problem& p, cfn_device_set set, int32_t device) {
    cfn::cuda::Gpu gpu(device);
    std::vector<cfn::cuda::Memory> memory;
    std::vector<cfn_device_query> requests;
    for (uint32_t b = 0; b < p.size.banks; ++b) {
        const std::size_t bytes = p.queries[b].size() * sizeof(float);
        memory.emplace_back(gpu, bytes);
        gpu.upload(memory.back().at<void>(), p.queries[b].data(), bytes);
        void* queries = memory.back().at<void>();
        memory.emplace_back(gpu, p.size.queries * sizeof(float));
        requests.push_back(request_of(p.size, b, queries, memory.back().at<float>(), nullptr));
    }
    auto* mark = gpu.make_mark();
    std::vector<double> seconds;
    for (int round = 0; round < 24; ++round) {
        const auto start = std::chrono::steady_clock::now();
        must(cfn_device_set_search(set, requests.data(), static_cast<uint32_t>(requests.size()), nullptr));
        gpu.set_mark(mark, nullptr);
        gpu.wait(mark);
        if (round >= 3) seconds.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    }
    gpu.release_mark(mark);
    std::nth_element(seconds.begin(), seconds.begin() + static_cast<long>(seconds.size() / 2), seconds.end());
    const double median = seconds[seconds.size() / 2];
    const auto products = static_cast<double>(p.size.banks * p.size.queries * p.size.rows * p.size.dimension);
    std::printf("  median %.3f ms, %.0f GFLOP/s\n", median * 1e3, 2 * products / median / 1e9);
}

} // namespace

int main(int argc, char** argv) {
    bool timed = false;
    double largest = 1e18;
    int32_t device = 0;
    for (int i = 1; i < argc; ++i) {
        if (std::strcmp(argv[i], "--time") == 0) timed = true;
        if (std::strcmp(argv[i], "--up-to") == 0 && i + 1 < argc) largest = std::atof(argv[++i]);
        if (std::strcmp(argv[i], "--device") == 0 && i + 1 < argc) device = std::atoi(argv[++i]);
    }
    cfn_device_info info{};
    info.struct_size = sizeof info;
    constexpr int all = static_cast<int>(std::size(sizes));
    if (cfn_device_probe(device, &info) != CFN_OK) {
        std::printf(
            "SKIPPED, nothing was run on a GPU: %s\ngpu_bank  Total: %d, Errors: 0, Failed: 0, Skipped: %d\n", message().c_str(), all, all
        );
        return 77;
    }
    std::printf(
        "GPU %d: %s, compute capability %d.%d, driver of CUDA %d.%d, kernels %s\n", device, info.name, info.compute_capability / 10,
        info.compute_capability % 10, info.driver_version / 1000, info.driver_version % 1000 / 10, info.kernels
    );
    int failed = 0, skipped = 0;
    for (const Size& size : sizes) {
        if (static_cast<double>(size.banks * size.queries * size.rows * size.dimension) > largest) {
            ++skipped;
            continue;
        }
        std::printf(
            "%zu banks, %zu queries, %zu rows of %zu, %s\n", size.banks, size.queries, size.rows, size.dimension,
            size.clustered ? "clustered" : "random"
        );
        try {
            const Problem problem(size);
            cfn_device_set set = 0;
            must(cfn_device_set_create(device, problem.handles.data(), static_cast<uint32_t>(problem.handles.size()), &set));
            failed += !compare(problem, set);
            if (timed) measure(problem, set, device);
            must(cfn_device_set_destroy(set));
        } catch (const std::exception& e) {
            ++failed;
            std::printf("FAILED: %s\n", e.what());
        }
    }
    std::printf("gpu_bank  Total: %d, Errors: 0, Failed: %d, Skipped: %d\n", all, failed, skipped);
    return failed == 0 ? 0 : 1;
}
