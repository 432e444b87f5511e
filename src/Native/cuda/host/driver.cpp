#include "driver.h"

#include <dlfcn.h>

#include "../../base/error.h"

namespace cfn::cuda {

// Tried once: what is not there when the program starts does not come while it runs.
struct LoadedDriver {
    Driver driver;
    std::string why_not = driver.load("libcuda.so.1");
};

const Driver& Driver::instance() {
    // Never destructed: threads of the host may still call while the process exits.
    static const auto* const loaded = new LoadedDriver;
    require(loaded->why_not.empty(), CFN_NO_DEVICE, loaded->why_not);
    return loaded->driver;
}

std::string Driver::load(const char* name) {
    void* library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
        const char* reason = dlerror();
        return std::string("There is no NVIDIA driver: ") + (reason == nullptr ? name : reason);
    }
#define CFN_RESOLVE(member, symbol, arguments)                                                                                             \
    member = reinterpret_cast<Status(*) arguments>(dlsym(library, #symbol));                                                               \
    if (member == nullptr) return std::string("The NVIDIA driver ") + name + " is too old or is none: it lacks " #symbol ".";
    CFN_DRIVER_FUNCTIONS(CFN_RESOLVE)
#undef CFN_RESOLVE
    if (const Status status = init(0); status != 0)
        return status == no_device ? std::string("The NVIDIA driver finds no GPU.")
                                   : "The NVIDIA driver does not start (cuInit): " + words(status);
    if (const Status status = driver_version(&version); status != 0) return "The NVIDIA driver does not tell its version: " + words(status);
    return {};
}

std::string Driver::words(Status status) const {
    const char* text = nullptr;
    if (error_string(status, &text) != 0 || text == nullptr) text = "an error that the driver has no words for";
    return std::string(text) + " (CUDA error " + std::to_string(status) + ")";
}

void Driver::check(Status status, const char* tried) const {
    require(
        status == 0, status == out_of_memory ? CFN_NO_MEMORY : CFN_DEVICE_FAILED, "The GPU could not ", tried, ": ",
        status == 0 ? "" : words(status), "."
    );
}

} // namespace cfn::cuda
