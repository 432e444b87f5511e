#pragma once
#include <cstddef>
#include <cstdint>

namespace cfn {

// CRC-32C (Castagnoli, RFC 3720 appendix B.4). Continues from `crc`, the value of what came before; 0 at the start.
uint32_t crc32c(const void* bytes, std::size_t count, uint32_t crc = 0);

} // namespace cfn
