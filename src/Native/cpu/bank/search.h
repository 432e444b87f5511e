// The nearest row of every query: the numbers of the ABI's cfn_search, checked, and one snapshot.
#pragma once
#include "bank.h"

namespace cfn {

// Throws Error: bad vectors, nothing to search, cancelled. The request's sizes and pointers have been checked.
void search(const Snapshot& snapshot, const Kernel& kernel, std::size_t dimension, const cfn_search& request);

} // namespace cfn
