#include "context.h"

#include "../../base/error.h"

namespace cfn::cuda {

void require_device(const Driver& driver, int32_t device) {
    int count = 0;
    driver.check(driver.device_count(&count), "be counted");
    require(
        device >= 0 && device < count, CFN_NO_DEVICE, "There is no GPU ", device, ": the NVIDIA driver has ", count, ", counted from 0."
    );
}

Context::Context(int32_t device) : driver_(Driver::instance()) {
    require_device(driver_, device);
    driver_.check(driver_.device(&device_, device), "be opened");
    driver_.check(driver_.retain_context(&context_, device_), "make a context");
}

Context::~Context() { driver_.release_context(device_); }

Context::Current::Current(const Context& context) : driver_(context.driver_) {
    driver_.check(driver_.push_context(context.context_), "be made current");
}

Context::Current::~Current() {
    ContextObject* ours = nullptr;
    driver_.pop_context(&ours);
}

} // namespace cfn::cuda
