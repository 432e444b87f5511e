// Banks on disk: the exact rows only. What is derived from them (quantised rows) is derived anew when a file is loaded, so a file outlives
// changes of the search.
#pragma once
#include <memory>
#include <string>

#include "bank.h"

namespace cfn {

void save(const Snapshot& snapshot, uint32_t dimension, const std::string& path);

struct LoadedBank {
    uint32_t dimension;
    std::shared_ptr<const Snapshot> snapshot;
};

LoadedBank load(const std::string& path);

} // namespace cfn
