// The bank's search against FAISS's flat index, OpenBLAS and oneDNN, all in one process on the same cores. In every round each of them runs
// once, one after the other, so that whatever else the machine does falls on all alike; ratios are medians of the rounds' ratios.
// Arguments: threads (1), rounds (9), data
// ("random", "clustered", or a folder with features of real images, see below), largest k (16).
#include <cblas.h>
#include <faiss/IndexFlat.h>
#include <immintrin.h>
#include <omp.h>
#include <oneapi/dnnl/dnnl.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>

#include "testing.h"

extern "C" char* openblas_get_corename(void);
extern "C" void openblas_set_num_threads(int);

using namespace testing;

namespace {

double seconds(const std::function<void()>& work) {
    const auto start = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double median(std::vector<double> values) {
    std::nth_element(values.begin(), values.begin() + static_cast<long>(values.size() / 2), values.end());
    return values[values.size() / 2];
}

// Twelve independent chains of FMA, nothing else: what one core can do in float32 with AVX2, in GFLOP/s.
__attribute__((target("avx2,fma"), noinline)) double fma_peak() {
    constexpr long rounds = 4000000;
    double best = 0;
    for (int repeat = 0; repeat < 5; ++repeat) {
        __m256 a = _mm256_set1_ps(1), b = a, c = a, d = a, e = a, f = a, g = a, h = a, i = a, j = a, k = a, l = a;
        const __m256 m = _mm256_set1_ps(0.999f), n = _mm256_set1_ps(1e-3f);
        const auto start = std::chrono::steady_clock::now();
        for (long r = 0; r < rounds; ++r) {
            a = _mm256_fmadd_ps(a, m, n), b = _mm256_fmadd_ps(b, m, n), c = _mm256_fmadd_ps(c, m, n), d = _mm256_fmadd_ps(d, m, n);
            e = _mm256_fmadd_ps(e, m, n), f = _mm256_fmadd_ps(f, m, n), g = _mm256_fmadd_ps(g, m, n), h = _mm256_fmadd_ps(h, m, n);
            i = _mm256_fmadd_ps(i, m, n), j = _mm256_fmadd_ps(j, m, n), k = _mm256_fmadd_ps(k, m, n), l = _mm256_fmadd_ps(l, m, n);
        }
        const double time = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
        const __m256 sum = a + b + c + d + e + f + g + h + i + j + k + l;
        volatile float keep = sum[0];
        (void)keep;
        best = std::max(best, 12.0 * 16 * rounds / time / 1e9);
    }
    return best;
}

void normalise(std::vector<float>& rows, std::size_t d) {
    for (std::size_t r = 0; r * d < rows.size(); ++r) {
        double sum = 0;
        for (std::size_t k = 0; k < d; ++k) sum += double(rows[r * d + k]) * rows[r * d + k];
        for (std::size_t k = 0; k < d; ++k) rows[r * d + k] = float(rows[r * d + k] / std::sqrt(sum));
    }
}

// Row maxima of blocks of queries x blocks of rows, so that the products stay in the cache.
constexpr std::size_t block_queries = 256, block_rows = 1024;

void keep_maxima(const float* products, std::size_t n, std::size_t m, float* best) {
    for (std::size_t i = 0; i < n; ++i) {
        float largest = best[i];
        for (std::size_t j = 0; j < m; ++j) largest = std::max(largest, products[i * m + j]);
        best[i] = largest;
    }
}

struct Problem {
    std::size_t n, m, d;
    std::vector<float> queries, rows;
};

void blas(const Problem& p, std::vector<float>& best) {
    static std::vector<float> products(block_queries * block_rows);
    std::fill(best.begin(), best.end(), -2.0f);
    for (std::size_t i = 0; i < p.n; i += block_queries)
        for (std::size_t j = 0; j < p.m; j += block_rows) {
            const std::size_t n = std::min(block_queries, p.n - i), m = std::min(block_rows, p.m - j);
            cblas_sgemm(
                CblasRowMajor, CblasNoTrans, CblasTrans, int(n), int(m), int(p.d), 1, &p.queries[i * p.d], int(p.d), &p.rows[j * p.d],
                int(p.d), 0, products.data(), int(m)
            );
            keep_maxima(products.data(), n, m, &best[i]);
        }
}

// One oneDNN product of bf16 operands with a float32 result, and maxima; float32 operands where this CPU can't do bf16.
class OneDnn {
public:
    explicit OneDnn(const Problem& p) : p_(p), products_(p.n * p.m) {
        try {
            build(dnnl::memory::data_type::bf16);
            name = "bf16 " + name;
        } catch (const dnnl::error&) {
            build(dnnl::memory::data_type::f32);
            name = "f32 " + name;
        }
    }
    void operator()(std::vector<float>& best) {
        matmul_.execute(stream_, {{DNNL_ARG_SRC, a_}, {DNNL_ARG_WEIGHTS, b_}, {DNNL_ARG_DST, c_}});
        stream_.wait();
        std::fill(best.begin(), best.end(), -2.0f);
        keep_maxima(products_.data(), p_.n, p_.m, best.data());
    }
    std::string name;

private:
    void build(dnnl::memory::data_type type) {
        using dnnl::memory;
        const auto f32 = memory::data_type::f32;
        const Problem& p = p_;
        const memory::desc a({long(p.n), long(p.d)}, type, memory::format_tag::ab), b({long(p.d), long(p.m)}, type, memory::format_tag::ba),
            c({long(p.n), long(p.m)}, f32, memory::format_tag::ab);
        const dnnl::matmul::primitive_desc description(dnnl::matmul::desc(a, b, c), engine_);
        name = description.impl_info_str();
        matmul_ = dnnl::matmul(description);
        a_ = memory(a, engine_), b_ = memory(b, engine_), c_ = memory(c, engine_, products_.data());
        fill(p.queries, a_, type), fill(p.rows, b_, type);
    }
    static void fill(const std::vector<float>& from, dnnl::memory& to, dnnl::memory::data_type type) {
        if (type == dnnl::memory::data_type::f32) {
            std::memcpy(to.get_data_handle(), from.data(), from.size() * sizeof(float));
            return;
        }
        auto* target = static_cast<uint16_t*>(to.get_data_handle());
        for (std::size_t i = 0; i < from.size(); ++i) {
            uint32_t bits;
            std::memcpy(&bits, &from[i], 4);
            target[i] = uint16_t((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
        }
    }
    const Problem& p_;
    std::vector<float> products_;
    dnnl::engine engine_{dnnl::engine::kind::cpu, 0};
    dnnl::stream stream_{engine_};
    dnnl::memory a_, b_, c_;
    dnnl::matmul matmul_;
};

void compare(Problem p, std::size_t k, int threads, int rounds, double peak) {
    const std::size_t n = p.n, d = p.d, per_image = p.m / k;
    normalise(p.queries, d), normalise(p.rows, d);
    TestBank bank(d);
    for (std::size_t i = 0; i < k; ++i)
        if (cfn_bank_append(bank.handle, CFN_FLOAT32, &p.rows[i * per_image * d], per_image * d, per_image, nullptr, nullptr) != CFN_OK)
            throw Failure(message());
    faiss::IndexFlatIP index(static_cast<faiss::Index::idx_t>(d));
    index.add(static_cast<faiss::Index::idx_t>(p.m), p.rows.data());
    OneDnn dnnl(p);

    Result ours(n);
    const cfn_search search = request(p.queries, d, ours, threads);
    std::vector<float> theirs(n), gemm(n), bf16(n);
    std::vector<faiss::Index::idx_t> labels(n);
    std::vector<double> time, faiss_ratio, blas_ratio, dnnl_ratio;
    const double flop = 2e-9 * double(n) * double(p.m) * double(d);
    const int repeats = std::max(1, int(0.5 / flop)); // short ones several times over
    auto many = [&](const std::function<void()>& work) {
        return seconds([&] {
                   for (int i = 0; i < repeats; ++i) work();
               })
            / repeats;
    };
    for (int round = -1; round < rounds; ++round) {
        const double a = many([&] {
            if (cfn_bank_search(bank.handle, &search) != CFN_OK) throw Failure(message());
        });
        const double b = many([&] { index.search(static_cast<faiss::Index::idx_t>(n), p.queries.data(), 1, theirs.data(), labels.data()); }
        );
        const double c = many([&] { blas(p, gemm); });
        const double e = round < 3 ? many([&] { dnnl(bf16); }) : 0; // three rounds tell enough
        if (round < 0) continue;
        time.push_back(a), faiss_ratio.push_back(b / a), blas_ratio.push_back(c / a);
        if (e > 0) dnnl_ratio.push_back(e / a);
    }
    float worst = 0;
    std::size_t differ = 0;
    for (std::size_t i = 0; i < n; ++i)
        worst = std::max(worst, std::abs(ours.similarity[i] - theirs[i])), differ += ours.row[i] != labels[i];
    const double rate = flop / median(time);
    std::printf(
        "%5zu x %4zu vs %6zu | %8.2f ms %7.1f GFLOP/s %5.2f of peak | FAISS x %5.2f  sgemm x %5.2f  oneDNN x %5.2f (%s) | differs by %.1e, "
        "%zu rows\n",
        n, d, p.m, 1e3 * median(time), rate, rate / (peak * threads), median(faiss_ratio), median(blas_ratio), median(dnnl_ratio),
        dnnl.name.c_str(), double(worst), differ
    );
    std::fflush(stdout);
}

Problem made(std::size_t n, std::size_t d, std::size_t k, bool random) {
    return {n, n * k, d, random ? gaussian(1, n * d) : clustered(1, n, d), random ? gaussian(2, n * k * d) : clustered(2, n * k, d)};
}

std::vector<float> floats(const std::filesystem::path& file) {
    std::vector<float> values(std::filesystem::file_size(file) / sizeof(float));
    std::ifstream(file, std::ios::binary)
        .read(reinterpret_cast<char*>(values.data()), static_cast<std::streamsize>(values.size() * sizeof(float)));
    return values;
}

// Features that networks made of images: a folder with NAME.DIMENSION.queries, the query's rows as float32, and NAME.DIMENSION.rows, those
// of the references, one image after the other and as many of each as of the query.
void compare_files(const std::filesystem::path& folder, std::size_t largest, int threads, int rounds, double peak) {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder))
        if (entry.path().extension() == ".queries") files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    for (const auto& file : files) {
        const std::size_t d = std::stoul(file.stem().extension().string().substr(1));
        const std::vector<float> queries = floats(file), rows = floats(std::filesystem::path(file).replace_extension(".rows"));
        const std::size_t n = queries.size() / d, images = rows.size() / queries.size();
        std::printf("%s\n", file.stem().stem().c_str());
        for (std::size_t k = 1; k <= std::min(images, largest); k *= 2)
            compare(
                {n, n * k, d, queries, {rows.begin(), rows.begin() + static_cast<long>(n * k * d)}}, k, threads,
                n * k > 20000 ? std::min(rounds, 3) : rounds, peak
            );
    }
}

} // namespace

int main(int argc, char** argv) {
    for (const char* name : {"OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"})
        ::unsetenv(name); // read when the library starts: run without them, this only helps children
    const int threads = argc > 1 ? std::atoi(argv[1]) : 1, rounds = argc > 2 ? std::atoi(argv[2]) : 9;
    const std::string data = argc > 3 ? argv[3] : "random";
    const std::size_t largest = argc > 4 ? std::strtoul(argv[4], nullptr, 10) : 16;
    omp_set_num_threads(threads);
    openblas_set_num_threads(threads);
    char names[256];
    cfn_kernels(names, sizeof names);
    const double peak = fma_peak();
    std::printf(
        "%d threads, %d rounds, %s data; kernels %s; OpenBLAS %s; FMA peak %.1f GFLOP/s a core; x = how many times as long the peer "
        "takes\n",
        threads, rounds, data.c_str(), names, openblas_get_corename(), peak
    );
    if (data != "random" && data != "clustered") {
        compare_files(data, largest, threads, rounds, peak);
        return 0;
    }
    const std::size_t shapes[][2] = {{225, 896}, {1024, 1280}, {4096, 320}, {4096, 640}};
    for (std::size_t k : {1, 2, 4, 16})
        for (const auto& [n, d] : shapes)
            if (k <= largest) compare(made(n, d, k, data == "random"), k, threads, n * k > 20000 ? std::min(rounds, 3) : rounds, peak);
}
