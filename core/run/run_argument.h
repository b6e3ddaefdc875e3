#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace eq::run {

// How people name runs: RUN, or RUN@STEP where a moment of one is meant.

/// A run and a step of it; the step is -1 where none is named.
struct RunPlace {
  std::filesystem::path folder;
  std::int64_t step = -1;
};

/// Splits at the last `@` when an integer from 0 stands behind it. Looks at no file.
RunPlace runPlace(const std::string& text);

/// The run that a person means by RUN: `given` itself, or the only run in it when it is none.
/// \throws Error when there is none, or which there are when there are several.
std::filesystem::path runFolder(const std::filesystem::path& given);

/// RUN@STEP, with the folder as `runFolder` has it.
RunPlace runArgument(const std::string& text);

}  // namespace eq::run
