#include "crc32c.h"

#include <array>
#include <cstring>

namespace cfn {
namespace {

// Eight bytes a step: table[n][b] is byte b's share when n bytes follow it.
constexpr auto table = [] {
    std::array<std::array<uint32_t, 256>, 8> t{};
    for (uint32_t b = 0; b < 256; ++b) {
        uint32_t crc = b;
        for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0u);
        t[0][b] = crc;
    }
    for (uint32_t b = 0; b < 256; ++b)
        for (std::size_t n = 1; n < 8; ++n) t[n][b] = t[n - 1][b] >> 8 ^ t[0][t[n - 1][b] & 0xff];
    return t;
}();

} // namespace

uint32_t crc32c(const void* bytes, std::size_t count, uint32_t crc) {
    const auto* p = static_cast<const unsigned char*>(bytes);
    crc = ~crc;
    for (; count >= 8; count -= 8, p += 8) {
        uint64_t word;
        std::memcpy(&word, p, sizeof word);
        word ^= crc;
        crc = 0;
        for (std::size_t n = 0; n < 8; ++n) crc ^= table[7 - n][word >> (8 * n) & 0xff];
    }
    for (; count > 0; --count, ++p) crc = crc >> 8 ^ table[0][(crc ^ *p) & 0xff];
    return ~crc;
}

} // namespace cfn
