// What stands between every exported function and its caller.
#pragma once
#include <algorithm>
#include <array>
#include <cstring>
#include <new>
#include <string_view>

#include "../base/error.h"
#include "../base/text.h"

namespace cfn {

// Of fixed size, so that "out of memory" can still be told.
inline thread_local std::array<char, 1024> last_message{};

inline void remember(std::string_view text) noexcept {
    const std::size_t length = std::min(text.size(), last_message.size() - 1);
    std::memcpy(last_message.data(), text.data(), length);
    last_message[length] = 0;
}

template <class Body>
cfn_status guarded(Body&& body) noexcept {
    try {
        body();
        return CFN_OK;
    } catch (const Error& e) {
        remember(e.what());
        return e.status();
    } catch (const std::bad_alloc&) {
        remember("Out of memory.");
        return CFN_NO_MEMORY;
    } catch (const std::exception& e) {
        remember(e.what());
        return CFN_INTERNAL;
    } catch (...) {
        remember("An unknown exception.");
        return CFN_INTERNAL;
    }
}

} // namespace cfn
