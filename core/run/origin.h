#pragma once

#include <optional>
#include <string>

#include "core/run/run_folder.h"

namespace eq::run {

/// The other program that made a run: one whose files were imported, or one of a person's own that
/// records itself (resources/python). Such a run is read, followed, steered and compared as any,
/// and only that program can train it.
struct Origin {
  std::string from;   ///< "TensorBoard", "Python"
  std::string place;  ///< the file that it was read from, or the program; may be empty
};
/// Nothing where this program made the run.
std::optional<Origin> originOf(const RunReader& run);

/// "Python, /home/ann/train.py".
std::string inWords(const Origin& origin);

/// \throws Error, which names the origin, when another program made the run.
void requireOwn(const RunReader& run);

}  // namespace eq::run
