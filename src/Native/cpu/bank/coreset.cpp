#include "coreset.h"

#include <algorithm>
#include <limits>

#include "../../base/error.h"
#include "pool.h"

namespace cfn {
namespace {

constexpr std::size_t chunk = 256; // rows that one thread takes at a time

// Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, OOPSLA 2014. Neighbouring seeds begin far apart.
uint64_t mixed(uint64_t z) {
    z += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

// The row that is covered worst: the lowest of those with the smallest cosine with the chosen row that is nearest to it.
struct Worst {
    double cosine = std::numeric_limits<double>::infinity();
    std::size_t row = 0;
};

class Coreset {
public:
    Coreset(const Snapshot& snapshot, const Kernel& kernel, std::size_t dimension, int threads)
        : kernel_(kernel), dimension_(dimension), threads_(threads) {
        for (const auto& segment : snapshot.segments)
            for (std::size_t r = 0; r < segment->rows(); ++r) rows_.push_back(segment->unit(r));
        cosine_.assign(rows_.size(), -2);
        worst_.resize((rows_.size() + chunk - 1) / chunk);
        centre_.resize(dimension);
    }

    // Takes a row into the set, and returns the one that is then covered worst.
    Worst take(std::size_t row) {
        std::copy_n(rows_[row], dimension_, centre_.begin());
        cosine_[row] = std::numeric_limits<double>::infinity(); // never again
        Tiles tiles(worst_.size());
        Pool::instance().run(threads_, tiles, [this](Tiles& source) {
            for (std::size_t tile; source.take(tile);) worst_[tile] = cover(tile * chunk, std::min(rows_.size(), (tile + 1) * chunk));
        });
        return *std::min_element(worst_.begin(), worst_.end(), [](const Worst& a, const Worst& b) {
            return a.cosine < b.cosine;
        }); // the first of equals
    }

private:
    Worst cover(std::size_t begin, std::size_t end) {
        Worst worst;
        for (std::size_t r = begin; r < end; ++r) {
            cosine_[r] = std::max(cosine_[r], kernel_.dot(centre_.data(), rows_[r], dimension_));
            if (cosine_[r] < worst.cosine) worst = {cosine_[r], r};
        }
        return worst;
    }

    const Kernel& kernel_;
    const std::size_t dimension_;
    const int threads_;
    std::vector<const float*> rows_;
    std::vector<double> cosine_;
    std::vector<float> centre_; // the row that was chosen last
    std::vector<Worst> worst_;  // of each chunk
};

} // namespace

void choose_coreset(const Snapshot& snapshot, const Kernel& kernel, std::size_t dimension, const cfn_coreset& request) {
    Coreset set(snapshot, kernel, dimension, request.threads);
    std::size_t row = static_cast<std::size_t>(mixed(request.seed) % snapshot.rows);
    for (uint64_t i = 0; i < request.count; ++i) {
        require(
            request.cancel == nullptr || __atomic_load_n(request.cancel, __ATOMIC_RELAXED) == 0, CFN_CANCELLED, "The choice was cancelled."
        );
        request.row[i] = static_cast<int64_t>(row);
        const Worst next = set.take(row);
        // Infinite when every row is chosen; a rounding above 1 where the rest are copies.
        if (request.radius != nullptr) request.radius[i] = static_cast<float>((1 - std::min(next.cosine, 1.0)) / 2);
        row = next.row;
    }
}

} // namespace cfn
