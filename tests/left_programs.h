#pragma once

#include <string>
#include <vector>

namespace eq::test {

/// Marks this process and all that it starts, those too that go on without it, as a race does that
/// the window began.
void markPrograms();

/// Kills what this process started, directly or not, and that still runs. From /proc, of Linux.
/// \returns their command lines, without those that had ended by themselves.
std::vector<std::string> endLeftPrograms();

}  // namespace eq::test
