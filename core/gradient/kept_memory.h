#pragma once

#include <cstddef>

namespace eq::gradient {

/// From now on keeps large blocks that tensors on the CPU give back, for those to come: a block
/// fresh from the system costs a page fault every 4 KB, up to a third of a step. Blocks are at most
/// an eighth larger than what was asked for. Harmless when called again, from any thread.
void keepLargeBlocks();

inline constexpr std::size_t kMostKept = std::size_t{2} << 30;  ///< bytes that wait unused
/// Bytes that wait unused now.
std::size_t keptBytes();

}  // namespace eq::gradient
