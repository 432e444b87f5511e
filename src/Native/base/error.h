// The one exception type of this library: a status and a message for the caller. abi/guard.h turns it into a return value.
#pragma once
#include <sstream>
#include <stdexcept>
#include <string>

#include "../clipfusion_native.h"

namespace cfn {

class Error final : public std::runtime_error {
public:
    Error(cfn_status status, const std::string& message) : std::runtime_error(message), status_(status) {}
    cfn_status status() const noexcept { return status_; }

private:
    cfn_status status_;
};

template <class... Parts>
[[noreturn]] void fail(cfn_status status, const Parts&... parts) {
    std::ostringstream text;
    (text << ... << parts);
    throw Error(status, text.str());
}

template <class... Parts>
void require(bool condition, cfn_status status, const Parts&... parts) {
    if (!condition) fail(status, parts...);
}

} // namespace cfn
