// Text in memory of a caller.
#pragma once
#include <algorithm>
#include <cstring>
#include <string_view>

namespace cfn {

// Copies as much as there is room for, and always a zero behind it. Returns the length of the whole.
inline std::size_t copy_text(std::string_view text, char* buffer, std::size_t capacity) noexcept {
    if (buffer != nullptr && capacity > 0) {
        const std::size_t length = std::min(text.size(), capacity - 1);
        std::memcpy(buffer, text.data(), length);
        buffer[length] = 0;
    }
    return text.size();
}

} // namespace cfn
