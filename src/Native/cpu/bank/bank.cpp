#include "bank.h"

#include <algorithm>

#include "../../base/error.h"
#include "rows.h"

namespace cfn {

std::shared_ptr<const Snapshot> Bank::snapshot() const {
    const std::lock_guard lock(switching_);
    return snapshot_;
}

void Bank::publish(std::shared_ptr<const Snapshot> next) {
    const std::lock_guard lock(switching_);
    snapshot_.swap(next); // the old one is released after the mutex: parameters outlive locals
}

int32_t Bank::append(const void* rows, cfn_format format, uint64_t count, const uint8_t* ignored) {
    const std::size_t total = static_cast<std::size_t>(count), d = dimension_;
    const std::size_t kept = ignored == nullptr ? total : static_cast<std::size_t>(std::count(ignored, ignored + total, uint8_t{0}));
    auto unit = std::make_shared<AlignedVector<float>>(kept * d);
    const RowReader reader(rows, format, d);
    float* target = unit->data();
    for (std::size_t row = 0; row < total; ++row) {
        if (ignored != nullptr && ignored[row] != 0) continue;
        reader.read(row, target);
        // In float64, because 1 / length of a tiny vector overflows float32.
        const double scale = 1 / length_of(target, d, "row", row);
        for (std::size_t k = 0; k < d; ++k) target[k] = static_cast<float>(static_cast<double>(target[k]) * scale);
        target += d;
    }

    const std::lock_guard lock(writing_);
    auto next = std::make_shared<Snapshot>(*snapshot());
    require(
        next->segments.size() < CFN_MAX_IMAGES && next->next_image < INT32_MAX, CFN_BAD_ARGUMENT, "The bank has ", next->segments.size(),
        " images and takes no more."
    );
    require(
        next->rows + kept <= CFN_MAX_ROWS, CFN_BAD_ARGUMENT, "The bank has ", next->rows, " rows; with ", kept, " more it would exceed ",
        CFN_MAX_ROWS, "."
    );
    // An empty bank takes its coordinates from the first image with rows; later images fit them, being of the same kind.
    if (next->rows == 0) next->basis = Basis::choose(unit->data(), kept, d);
    const auto image = static_cast<int32_t>(next->next_image++);
    const float* values = unit->data();
    next->segments.push_back(std::make_shared<Segment>(image, kept, values, std::move(unit), *next->basis));
    next->rows += kept;
    publish(std::move(next));
    return image;
}

void Bank::remove(int32_t image) {
    const std::lock_guard lock(writing_);
    auto next = std::make_shared<Snapshot>(*snapshot());
    const auto found = std::find_if(next->segments.begin(), next->segments.end(), [&](const auto& s) { return s->image() == image; });
    require(found != next->segments.end(), CFN_BAD_ARGUMENT, "The bank has no image ", image, ".");
    next->rows -= (*found)->rows();
    next->segments.erase(found);
    publish(std::move(next));
}

void Bank::replace(const Bank& with) {
    require(
        with.dimension_ == dimension_, CFN_BAD_ARGUMENT, "A bank of dimension ", dimension_, " can't be replaced by one of dimension ",
        with.dimension_, "."
    );
    auto next = with.snapshot();
    const std::lock_guard lock(writing_);
    publish(std::move(next));
}

} // namespace cfn
