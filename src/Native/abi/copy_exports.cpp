// The exported copies: checks of what callers give, and nothing else.
#include <limits>

#include "../cuda/host/copy.h"
#include "checks.h"
#include "guard.h"

using namespace cfn;

namespace {

using Copy = void (*)(int32_t device, void* to, const void* from, std::size_t bytes);

cfn_status checked(Copy copy, int32_t device, void* to, const void* from, uint64_t bytes) {
    return guarded([&] {
        require(
            bytes <= std::numeric_limits<std::size_t>::max(), CFN_BAD_ARGUMENT, "bytes is ", bytes, "; this machine can address ",
            std::numeric_limits<std::size_t>::max(), "."
        );
        if (bytes > 0) {
            require_pointer(to, "to");
            require_pointer(from, "from");
        }
        copy(device, to, from, static_cast<std::size_t>(bytes));
    });
}

} // namespace

cfn_status cfn_device_upload(int32_t device, void* to, const void* from, uint64_t bytes) {
    return checked(cuda::upload, device, to, from, bytes);
}
cfn_status cfn_device_download(int32_t device, void* to, const void* from, uint64_t bytes) {
    return checked(cuda::download, device, to, from, bytes);
}
cfn_status cfn_device_copy(int32_t device, void* to, const void* from, uint64_t bytes) {
    return checked(cuda::copy, device, to, from, bytes);
}
