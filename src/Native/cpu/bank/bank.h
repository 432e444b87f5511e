// A bank: a pointer to an immutable snapshot. Writers make a new snapshot, which shares the untouched images; searches keep the one that
// they began with.
#pragma once
#include <memory>
#include <mutex>
#include <vector>

#include "../../clipfusion_native.h"
#include "segment.h"

namespace cfn {

struct Snapshot {
    std::shared_ptr<const Basis> basis;                   // null while there is no row
    std::vector<std::shared_ptr<const Segment>> segments; // in order of their ids; also those without rows
    uint64_t rows = 0;
    uint32_t next_image = 0;
};

class Bank {
public:
    Bank(uint32_t dimension, const Kernel& kernel, std::shared_ptr<const Snapshot> snapshot = std::make_shared<Snapshot>())
        : dimension_(dimension), kernel_(kernel), snapshot_(std::move(snapshot)) {}

    uint32_t dimension() const { return dimension_; }
    const Kernel& kernel() const { return kernel_; }
    std::shared_ptr<const Snapshot> snapshot() const;

    int32_t append(const void* rows, cfn_format format, uint64_t count, const uint8_t* ignored);
    void remove(int32_t image);
    void replace(const Bank& with);

private:
    const uint32_t dimension_;
    const Kernel& kernel_;
    std::mutex writing_;           // one writer at a time, for as long as it takes
    mutable std::mutex switching_; // held for a pointer's copy only
    std::shared_ptr<const Snapshot> snapshot_;

    void publish(std::shared_ptr<const Snapshot> next);
};

} // namespace cfn
