#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/study/indexed_run.h"

namespace eq::study {

/// A run as the file of an index keeps it; its folder without the workspace.
struct IndexRow {
  std::string folder;
  std::int64_t record = 0, log = 0;  ///< when its files were written
  IndexedRun run;
};

/// As JSON.
std::string layoutText(const RunLayout& layout);

/// All rows; none where the file is absent, damaged or of another version.
std::vector<IndexRow> readIndexFile(const std::filesystem::path& file);

/// Puts rows in the place of those of their folders and takes others away, all or nothing. A file
/// that cannot be used is made anew with these rows; where none can be written nothing happens: an
/// index is no truth, and the next refresh makes up for it.
void writeIndexFile(const std::filesystem::path& file, const std::vector<IndexRow>& rows,
                    const std::vector<std::string>& dropped);

}  // namespace eq::study
