// A test runner in a page: TEST(Subject_Condition_Outcome) { CHECK(...); }.
#pragma once
#include <cmath>
#include <random>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "../../src/Native/clipfusion_native.h"

namespace testing {

struct Test {
    const char* name;
    void (*body)();
};
inline std::vector<Test>& tests() {
    static std::vector<Test> list;
    return list;
}
struct Register {
    Register(const char* name, void (*body)()) { tests().push_back({name, body}); }
};

struct Failure : std::runtime_error {
    using runtime_error::runtime_error;
};

template <class... Parts>
std::string text(const Parts&... parts) {
    std::ostringstream out;
    (out << ... << parts);
    return out.str();
}

// The kernel that all banks of this run are made with.
inline std::string kernel;

inline std::string message() {
    char buffer[1024];
    cfn_last_message(buffer, sizeof buffer);
    return buffer;
}

// A bank that ends with its scope.
class TestBank {
public:
    explicit TestBank(std::size_t dimension) {
        if (cfn_bank_create(static_cast<uint32_t>(dimension), kernel.c_str(), &handle) != CFN_OK) throw Failure(message());
    }
    struct Adopt {};
    TestBank(Adopt, cfn_bank existing) : handle(existing) {}
    ~TestBank() { cfn_bank_destroy(handle); }
    TestBank(const TestBank&) = delete;
    TestBank& operator=(const TestBank&) = delete;
    cfn_bank handle = 0;
};

struct Result {
    explicit Result(std::size_t n) : similarity(n), row(n), image(n), image_row(n) {}
    std::vector<float> similarity;
    std::vector<int64_t> row;
    std::vector<int32_t> image, image_row;
};

inline cfn_search request(const std::vector<float>& queries, std::size_t dimension, Result& out, int threads = 1, int32_t exclude = -1) {
    return {sizeof(cfn_search),         CFN_FLOAT32,    queries.data(),   queries.size(),
            queries.size() / dimension, exclude,        threads,          nullptr,
            out.similarity.data(),      out.row.data(), out.image.data(), out.image_row.data()};
}

inline std::vector<float> gaussian(unsigned seed, std::size_t count) {
    std::mt19937 random(seed);
    std::normal_distribution<float> normal;
    std::vector<float> values(count);
    for (float& v : values) v = normal(random);
    return values;
}

// Each row scaled to length 1, as the bank does it.
inline std::vector<float> unit_rows(const std::vector<float>& rows, std::size_t d) {
    std::vector<float> unit(rows.size());
    for (std::size_t r = 0; r * d < rows.size(); ++r) {
        double sum = 0;
        for (std::size_t k = 0; k < d; ++k) sum += static_cast<double>(rows[r * d + k]) * static_cast<double>(rows[r * d + k]);
        for (std::size_t k = 0; k < d; ++k)
            unit[r * d + k] = static_cast<float>(static_cast<double>(rows[r * d + k]) * (1 / std::sqrt(sum)));
    }
    return unit;
}

// Like a network's features: a large common part, few directions of variation, little noise, and one coordinate in a hundred much larger
// than the rest.
inline std::vector<float> clustered(unsigned seed, std::size_t rows, std::size_t d, float noise = 0.1f) {
    const std::size_t directions = std::min<std::size_t>(8, d);
    const auto basis = gaussian(99, (directions + 1) * d), weights = gaussian(seed, rows * directions), rest = gaussian(seed + 1, rows * d);
    std::vector<float> values(rows * d);
    for (std::size_t r = 0; r < rows; ++r)
        for (std::size_t k = 0; k < d; ++k) {
            float v = 1.5f * basis[directions * d + k] + noise * rest[r * d + k];
            for (std::size_t j = 0; j < directions; ++j) v += 0.4f * weights[r * directions + j] * basis[j * d + k];
            values[r * d + k] = k % 100 == 7 ? 20 * v : v;
        }
    return values;
}

} // namespace testing

#define TEST(name)                                                                                                                         \
    static void name();                                                                                                                    \
    static const testing::Register register_##name(#name, name);                                                                           \
    static void name()
#define CHECK_THAT(condition, ...)                                                                                                         \
    do {                                                                                                                                   \
        if (!(condition)) throw testing::Failure(testing::text(__FILE__, ":", __LINE__, ": ", #condition, " ", __VA_ARGS__));              \
    } while (false)
#define CHECK(condition) CHECK_THAT(condition, "")
#define CHECK_STATUS(expected, call)                                                                                                       \
    do {                                                                                                                                   \
        const cfn_status status_ = (call);                                                                                                 \
        CHECK_THAT(status_ == (expected), "is ", status_, ": ", testing::message());                                                       \
    } while (false)
