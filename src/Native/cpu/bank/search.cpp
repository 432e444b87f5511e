#include "search.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "../../base/error.h"
#include "bounds.h"
#include "pool.h"
#include "queries.h"

namespace cfn {
namespace {

constexpr std::size_t max_block = 96;         // queries; their packed bytes stay in the second-level cache
constexpr std::size_t max_candidates = 64;    // of one query, before they are multiplied in float32
constexpr std::size_t rows_for_guesses = 600; // with fewer, guesses cost more than they save
constexpr std::size_t stretch = 16;           // panels between looks at the flag and at how screening does
constexpr std::size_t single_share =
    6; // single float32 products are that much slower than in blocks: with more than every sixth row, blocks are better

// Integers do a coordinate 2.4 times as fast as float32, but each query has to be rounded and the rows that come through multiplied again,
// and each estimate has to be scaled. Measured with AVX2 on random, clustered and network features of 16 to 128 coordinates.
bool float32_at_once(std::size_t rows, std::size_t dimension) {
    return dimension <= 32 || (dimension <= max_interleaved && rows * dimension <= 32768);
}

// A helper takes about 10 us to wake, a million products 15 to 30.
std::size_t worthwhile_threads(double products, std::size_t allowed) {
    const double wanted = products / 1e6;
    return wanted >= static_cast<double>(allowed) ? allowed : std::max<std::size_t>(1, static_cast<std::size_t>(wanted));
}

// What all blocks of one search share.
struct Task {
    const Snapshot& snapshot;
    const Kernel& kernel;
    const cfn_search& request;
    RowReader reader;
    std::size_t dimension, block;
    bool integers;                            // rounded rows are looked at first
    bool guesses;                             // enough rows to make up for the guesses
    std::atomic<bool> use_float32{!integers}; // set by the first block whose rows are too close together for integers
};

class BlockSearch {
public:
    explicit BlockSearch(Task& task)
        : task_(task), queries_(task.block, *task.snapshot.basis, task.integers), float32_error_(float32_error(task.dimension)),
          product_error_(product_error(task.dimension)), raw_(task.dimension) {}

    void run(std::size_t block) {
        const std::size_t total = static_cast<std::size_t>(task_.request.query_count);
        first_ = block * task_.block;
        queries_.load(task_.reader, first_, std::min(task_.block, total - first_));
        if (task_.guesses) guess();
        bool integers = !task_.use_float32.load(std::memory_order_relaxed);
        for (uint32_t s = 0; s < task_.snapshot.segments.size(); ++s) {
            const Segment& segment = *task_.snapshot.segments[s];
            if (segment.image() == task_.request.exclude_image) continue;
            for (std::size_t panel = 0; panel < segment.panels(); panel += stretch) {
                const std::size_t end = std::min(panel + stretch, segment.panels());
                stop_if_cancelled();
                if (integers) {
                    multiplied_ = 0;
                    screen(s, panel, end);
                    if (multiplied_ * single_share > (end - panel) * panel_rows * queries_.count()) {
                        integers = false;
                        task_.use_float32.store(true, std::memory_order_relaxed);
                    }
                } else if (segment.interleaved()) {
                    multiply_panels(s, panel, end);
                } else {
                    multiply(s, panel * panel_rows, std::min(end * panel_rows, segment.rows()));
                }
            }
        }
        for (std::size_t i = 0; i < queries_.count(); ++i) {
            multiply_candidates(i);
            decide(i);
            write(first_ + i, queries_[i]);
        }
    }

private:
    void stop_if_cancelled() const {
        const int32_t* flag = task_.request.cancel;
        require(flag == nullptr || __atomic_load_n(flag, __ATOMIC_RELAXED) == 0, CFN_CANCELLED, "The search was cancelled.");
    }

    // Queries and rows are grids over pictures of one kind, so the rows at a query's own place are good ones to begin with: the higher the
    // floor, the fewer rows need a closer look. Any rows would do.
    void guess() {
        std::vector<uint32_t> images;
        for (uint32_t s = 0; s < task_.snapshot.segments.size() && images.size() < few_rows; ++s) {
            const Segment& segment = *task_.snapshot.segments[s];
            if (segment.rows() > 0 && segment.image() != task_.request.exclude_image) images.push_back(s);
        }
        const auto total = static_cast<std::size_t>(task_.request.query_count);
        for (std::size_t i = 0; i < queries_.count(); ++i) {
            Candidate rows[few_rows];
            for (std::size_t j = 0; j < few_rows; ++j) {
                const uint32_t s = images[j % images.size()];
                const std::size_t count = task_.snapshot.segments[s]->rows();
                rows[j] = {2, s, static_cast<uint32_t>(((first_ + i) * count / total + j / images.size()) % count)};
            }
            multiply_few(i, rows, few_rows);
        }
    }

    // Integer estimates of panels begin .. end - 1.
    void screen(uint32_t s, std::size_t begin, std::size_t end) {
        const Segment& segment = *task_.snapshot.segments[s];
        ScreenTile tile{};
        float threshold[tile_queries], estimate[tile_queries][panel_rows];
        tile.threshold = threshold;
        for (std::size_t panel = begin; panel < end; ++panel) {
            segment.panel(panel, tile);
            const float residual = segment.panel_residual(panel), rounded = segment.panel_rounded(panel);
            for (std::size_t t = 0; t < queries_.tiles(); ++t) {
                queries_.tile(t, tile);
                queries_.thresholds(t, residual, rounded, threshold);
                const uint64_t bits = task_.kernel.screen(tile, estimate);
                for (std::size_t j = 0; bits != 0 && j < tile_queries; ++j)
                    consider_panel(t * tile_queries + j, s, panel, static_cast<uint32_t>(bits >> (panel_rows * j)) & 0xffffu, estimate[j]);
            }
        }
    }

    // The rows of a panel whose bits are set, the highest estimate first: it often rules the others out.
    void consider_panel(std::size_t i, uint32_t s, std::size_t panel, uint32_t bits, const float* estimate) {
        if (bits == 0) return;
        const Segment& segment = *task_.snapshot.segments[s];
        const auto one = [&](std::size_t place) {
            const std::size_t row = panel * panel_rows + place;
            consider(i, s, row, estimate[place] + queries_.along_centre(i), queries_.error(i, segment.residual(row), segment.rounded(row)));
        };
        auto highest = static_cast<std::size_t>(__builtin_ctz(bits));
        for (uint32_t rest = bits & (bits - 1); rest != 0; rest &= rest - 1) {
            const auto place = static_cast<std::size_t>(__builtin_ctz(rest));
            if (estimate[place] > estimate[highest]) highest = place;
        }
        one(highest);
        for (uint32_t rest = bits & ~(1u << highest); rest != 0; rest &= rest - 1) one(static_cast<std::size_t>(__builtin_ctz(rest)));
    }

    // Float32 products of panels begin .. end - 1.
    void multiply_panels(uint32_t s, std::size_t begin, std::size_t end) {
        const Segment& segment = *task_.snapshot.segments[s];
        products_.resize(task_.block * panel_rows);
        hits_.assign(task_.block + 3, 0); // read four at a time
        const auto product = reinterpret_cast<float(*)[panel_rows]>(products_.data());
        thresholds_.resize(task_.block);
        ProductTile tile{queries_.unit(0), queries_.count(), nullptr, 0, thresholds_.data()};
        for (std::size_t panel = begin; panel < end; ++panel) {
            segment.panel(panel, tile);
            for (std::size_t i = 0; i < queries_.count(); ++i) thresholds_[i] = queries_.floor(i) - product_error_;
            task_.kernel.multiply(tile, product, hits_.data());
            const std::size_t first = panel * panel_rows, rows = std::min<std::size_t>(panel_rows, segment.rows() - first);
            for (std::size_t four = 0; four < queries_.count(); four += 4) {
                static_assert(std::endian::native == std::endian::little);
                uint64_t rest;
                std::memcpy(&rest, &hits_[four], sizeof rest);
                for (; rest != 0; rest &= rest - 1) {
                    const auto bit = static_cast<std::size_t>(__builtin_ctzll(rest));
                    const std::size_t i = four + bit / panel_rows, place = bit % panel_rows;
                    if (place < rows) consider_float32(i, s, first + place, product[i][place], product_error_);
                }
            }
        }
    }

    // Float32 estimates of rows begin .. end - 1, as many at a time as fit the first-level cache.
    void multiply(uint32_t s, std::size_t begin, std::size_t end) {
        const Segment& segment = *task_.snapshot.segments[s];
        const std::size_t d = task_.dimension, count = queries_.count(), chunk = std::clamp<std::size_t>(24576 / (4 * d) / 3 * 3, 3, 48);
        products_.resize(task_.block * chunk);
        const float* unit = queries_.unit(0);
        for (std::size_t row = begin; row < end; row += chunk) {
            const std::size_t rows = std::min(chunk, end - row);
            task_.kernel.dots(unit, count, segment.unit(row), rows, d, products_.data(), chunk);
            for (std::size_t i = 0; i < count; ++i)
                for (std::size_t r = 0; r < rows; ++r) consider_float32(i, s, row + r, products_[i * chunk + r], float32_error_);
        }
    }

    // A row with an integer estimate. One that is probably nearer than all before it is looked at more closely at once: there are about
    // ln(rows) of them, and each lifts the floor, so that far fewer of the rows to come are candidates.
    void consider(std::size_t i, uint32_t s, std::size_t row, float estimate, float error) {
        Query& q = queries_[i];
        if (estimate + error < queries_.floor(i)) return;
        q.candidates.push_back({estimate + error, s, static_cast<uint32_t>(row)});
        if (estimate > queries_.floor(i)) {
            const std::size_t count = std::min<std::size_t>(q.candidates.size(), few_rows);
            multiply_few(i, q.candidates.data() + q.candidates.size() - count, count);
            q.candidates.resize(q.candidates.size() - count);
            return;
        }
        if (q.candidates.size() < max_candidates) return;
        std::erase_if(q.candidates, [&](const Candidate& c) { return c.upper < queries_.floor(i); });
        if (q.candidates.size() > max_candidates / 2) multiply_candidates(i);
    }

    // The most promising first, until no other can be the nearest.
    void multiply_candidates(std::size_t i) {
        Query& q = queries_[i];
        std::sort(q.candidates.begin(), q.candidates.end(), [](const Candidate& a, const Candidate& b) { return a.upper > b.upper; });
        for (std::size_t c = 0; c < q.candidates.size() && q.candidates[c].upper >= queries_.floor(i); c += few_rows)
            multiply_few(i, q.candidates.data() + c, std::min<std::size_t>(few_rows, q.candidates.size() - c));
        q.candidates.clear();
    }

    // Up to few_rows rows.
    void multiply_few(std::size_t i, const Candidate* rows, std::size_t count) {
        multiplied_ += count;
        const float* unit[few_rows];
        float product[few_rows];
        for (std::size_t j = 0; j < few_rows; ++j) {
            const Candidate& c = rows[std::min(j, count - 1)];
            unit[j] = task_.snapshot.segments[c.segment]->unit(c.row);
        }
        task_.kernel.few(queries_.unit(i), unit, task_.dimension, product);
        for (std::size_t j = 0; j < count; ++j) consider_float32(i, rows[j].segment, rows[j].row, product[j], float32_error_);
    }

    // A row with a float32 estimate: as good as exact, but for the last bits.
    void consider_float32(std::size_t i, uint32_t s, std::size_t row, float product, float error) {
        Query& q = queries_[i];
        if (product + error < queries_.floor(i)) return;
        q.finalists.push_back({product + error, s, static_cast<uint32_t>(row)});
        queries_.raise(i, product - error);
        if (q.finalists.size() >= max_candidates) decide(i);
    }

    // Float64 for those that float32 could not tell apart.
    void decide(std::size_t i) {
        Query& q = queries_[i];
        bool read = false;
        for (const Candidate& c : q.finalists) {
            if (c.upper < queries_.floor(i)) continue;
            if (!read) task_.reader.read(first_ + i, raw_.data());
            read = true;
            const double product = task_.kernel.dot(raw_.data(), task_.snapshot.segments[c.segment]->unit(c.row), task_.dimension);
            const bool lower = c.segment != q.best.segment ? c.segment < q.best.segment : c.row < q.best.row;
            if (!(product > q.best.product || (product == q.best.product && lower))) continue;
            q.best = {product, c.segment, c.row};
            // Rounded down, so that an equal row of a lower number is still looked at.
            queries_.raise(i, std::nextafter(static_cast<float>(product / q.norm), -2.0f));
        }
        q.finalists.clear();
    }

    void write(std::size_t number, const Query& q) const {
        const cfn_search& out = task_.request;
        const auto& segments = task_.snapshot.segments;
        out.similarity[number] = std::clamp(static_cast<float>(q.best.product / q.norm), -1.0f, 1.0f);
        if (out.row != nullptr) {
            int64_t row = q.best.row;
            for (uint32_t s = 0; s < q.best.segment; ++s) row += static_cast<int64_t>(segments[s]->rows());
            out.row[number] = row;
        }
        if (out.image != nullptr) out.image[number] = segments[q.best.segment]->image();
        if (out.image_row != nullptr) out.image_row[number] = static_cast<int32_t>(q.best.row);
    }

    Task& task_;
    QueryBlock queries_;
    const float float32_error_, product_error_;
    std::size_t first_ = 0; // the block's first query
    std::vector<float> products_, thresholds_, raw_;
    std::vector<uint16_t> hits_;
    std::size_t multiplied_ = 0; // single float32 products of the current stretch
};

} // namespace

void search(const Snapshot& snapshot, const Kernel& kernel, std::size_t dimension, const cfn_search& request) {
    uint64_t rows = 0;
    bool known = request.exclude_image < 0;
    for (const auto& segment : snapshot.segments) {
        const bool excluded = segment->image() == request.exclude_image;
        known |= excluded;
        if (!excluded) rows += segment->rows();
    }
    require(known, CFN_BAD_ARGUMENT, "Image ", request.exclude_image, " can't be left out: the bank does not have it.");
    require(
        rows > 0, CFN_EMPTY,
        "There is no row to search: ", snapshot.rows == 0 ? "the bank is empty." : "all rows are of the image that is left out."
    );
    if (request.query_count == 0) return;

    // Four blocks a thread where possible: one that is held up costs the others little.
    const auto count = static_cast<std::size_t>(request.query_count);
    const std::size_t threads = worthwhile_threads(
        static_cast<double>(count) * static_cast<double>(rows) * static_cast<double>(dimension), static_cast<std::size_t>(request.threads)
    );
    const std::size_t share = (count + 4 * threads - 1) / (4 * threads);
    const std::size_t block = std::min(std::clamp<std::size_t>((share + 3) / 4 * 4, 16, max_block), count);
    Task task{
        snapshot,
        kernel,
        request,
        RowReader(request.queries, request.format, dimension),
        dimension,
        block,
        !float32_at_once(rows, dimension),
        rows >= rows_for_guesses};
    Tiles tiles((count + block - 1) / block);
    const auto work = [&task](Tiles& source) {
        std::size_t tile;
        if (!source.take(tile)) return;
        BlockSearch blocks(task);
        do blocks.run(tile);
        while (source.take(tile));
    };
    Pool::instance().run(static_cast<int>(std::min(threads, (count + block - 1) / block)), tiles, work);
}

} // namespace cfn
