#include <algorithm>
#include <cstring>

#include "../../base/error.h"
#include "../../base/text.h"
#include "gpu.h"

namespace cfn::cuda {

const Image& probe(int32_t device, cfn_device_info& info) {
    info = {};
    info.struct_size = sizeof info;
    // Before the driver: the reason that holds on every machine.
    require(!images().empty(), CFN_NO_DEVICE, "The GPU kernels are not built in: ./build.sh cuda fetches their compiler and builds them.");
    const Driver& driver = Driver::instance();
    info.driver_version = driver.version;
    driver.check(driver.device_count(&info.devices), "be counted");
    require_device(driver, device);

    Device found = 0;
    int major = 0, minor = 0;
    std::size_t bytes = 0;
    driver.check(driver.device(&found, device), "be opened");
    driver.check(driver.device_name(info.name, static_cast<int>(sizeof info.name), found), "tell its name");
    driver.check(driver.device_memory(&bytes, found), "tell its memory");
    driver.check(driver.device_attribute(&major, compute_capability_major, found), "tell its compute capability");
    driver.check(driver.device_attribute(&minor, compute_capability_minor, found), "tell its compute capability");
    info.compute_capability = major * 10 + minor;
    info.memory = bytes;
    const Image& image = image_for(images(), info.compute_capability, driver.version);
    copy_text(image.name, info.kernels, sizeof info.kernels);
    return image;
}

} // namespace cfn::cuda
