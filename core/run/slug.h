#pragma once

#include <string>

namespace eq::run {

/// A name as part of a folder's name: letters and digits of every script (those of ASCII in lower
/// case), all else as single hyphens; "run" where nothing is left. A long name is cut between two
/// characters and ends in a hash of the whole, so that names that differ late stay apart; 120 bytes
/// at most.
std::string slugOf(const std::string& name);

}  // namespace eq::run
