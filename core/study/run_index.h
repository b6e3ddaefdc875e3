#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "core/study/indexed_run.h"

namespace eq::study {

/// The runs directly below a workspace, and those of its sweeps and races, as far as tables need
/// them, kept between two starts in
/// `.equipoise/runs.sqlite` there. The folders are the truth: what the file says of a folder counts
/// only while that was not written to since. A file that is absent, damaged or of another version
/// is made anew; where it cannot be written everything works, from memory. Several threads and
/// processes may have an index of one workspace, each object one thread.
class RunIndex {
 public:
  /// Reads the file; looks at no folder.
  explicit RunIndex(const std::filesystem::path& workspace);

  /// Looks at the folders, and reads those that are new or were written to, at most so many of
  /// them. \returns whether runs() has changed.
  bool refresh(std::size_t most = SIZE_MAX);
  /// Whether the last refresh left nothing to be read.
  bool isComplete() const { return complete_; }

  /// Oldest first. A run that did not change stays the same object.
  std::vector<IndexedRunPtr> runs() const;
  /// Why folders that hold a run are not among them.
  const std::map<std::filesystem::path, std::string>& problems() const { return problems_; }

  static std::filesystem::path fileOf(const std::filesystem::path& workspace);

 private:
  /// What tells without opening it that a run was written to.
  struct Stamp {
    std::int64_t record = 0, log = 0;  ///< when the files were written
    bool operator==(const Stamp&) const = default;
  };
  struct Entry {
    Stamp stamp;
    IndexedRunPtr run;  ///< null while it cannot be read
  };
  using Entries = std::map<std::filesystem::path, Entry>;

  static Stamp stampOf(const std::filesystem::path& folder);
  void load();
  void store(const std::vector<std::filesystem::path>& changed,
             const std::vector<std::filesystem::path>& gone);
  Entry read(const std::filesystem::path& folder, const Stamp& stamp);
  std::shared_ptr<const RunLayout> shared(const std::shared_ptr<const RunLayout>& layout);

  std::filesystem::path workspace_;
  Entries entries_;
  std::map<std::filesystem::path, std::string> problems_;
  std::map<std::string, std::shared_ptr<const RunLayout>> layouts_;  ///< by their JSON
  bool complete_ = true;
};

}  // namespace eq::study
