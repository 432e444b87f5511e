// Checks of what callers give that several exported functions have in common.
#pragma once
#include "../base/error.h"

namespace cfn {

inline void require_pointer(const void* pointer, const char* name) { require(pointer != nullptr, CFN_BAD_ARGUMENT, name, " is null."); }

inline void require_format(cfn_format format) {
    require(
        format == CFN_FLOAT32 || format == CFN_FLOAT16, CFN_BAD_ARGUMENT, "format is ", format, "; expected is ", CFN_FLOAT32,
        " (float32) or ", CFN_FLOAT16, " (float16)."
    );
}

inline void require_shape(uint64_t values, uint64_t count, uint32_t dimension, const char* what) {
    require(count <= CFN_MAX_ROWS, CFN_BAD_ARGUMENT, count, " ", what, " are more than ", CFN_MAX_ROWS, ".");
    require(
        values == count * dimension, CFN_BAD_ARGUMENT, count, " ", what, " of dimension ", dimension, " are ", count * dimension,
        " values, but ", values, " are given."
    );
}

inline void require_threads(int32_t threads) {
    require(
        threads >= 1 && threads <= CFN_MAX_THREADS, CFN_BAD_ARGUMENT, "threads is ", threads, "; expected is 1 .. ", CFN_MAX_THREADS, "."
    );
}

} // namespace cfn
