// A few rows of a bank that stand for all: greedy k-centre, as PatchCore thins its memory bank (Roth et al., Towards Total Recall in
// Industrial Anomaly Detection, CVPR 2022, algorithm 1), but over whole vectors and not over random projections of them.
#pragma once
#include "bank.h"

namespace cfn {

// Throws Error(CFN_CANCELLED). The request's sizes and pointers have been checked; the snapshot has at least request.count rows.
void choose_coreset(const Snapshot& snapshot, const Kernel& kernel, std::size_t dimension, const cfn_coreset& request);

} // namespace cfn
