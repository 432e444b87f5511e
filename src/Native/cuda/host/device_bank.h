// One bank's rows on a device, as they were when it was made. Later changes of the bank do not reach it.
#pragma once
#include <vector>

#include "../../cpu/bank/bank.h"
#include "gpu.h"

namespace cfn::cuda {

class DeviceBank {
public:
    DeviceBank(Gpu& gpu, const Snapshot& snapshot, uint32_t dimension);

    uint32_t dimension() const { return dimension_; }
    uint32_t rows() const { return rows_; }
    std::size_t bytes() const { return exact_.bytes() + halves_.bytes(); }

    // Fills in the rows' side of a job. exclude: id of an image that is left out, or -1. Throws Error: an unknown image, or no row left.
    void fill(Job& job, int32_t exclude) const;

private:
    struct Image {
        int32_t id;
        uint32_t begin, end; // rows
    };

    uint32_t dimension_, rows_;
    std::vector<Image> images_;
    Memory exact_, halves_;
    float lost_ = 0;
};

inline uint32_t round_up(uint32_t value, uint32_t step) { return (value + step - 1) / step * step; }

} // namespace cfn::cuda
