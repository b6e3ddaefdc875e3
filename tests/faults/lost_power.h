#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace eq::test {

/// A call that changed files, as calls.cpp wrote it down.
struct RecordedCall {
  std::string name;  ///< create, mkdir, write, truncate, sync, rename, unlink
  std::string path;
  std::int64_t number = 0;  ///< offset of a write, size of a truncation
  std::string bytes;        ///< what was written; the new path of a rename
  std::size_t said = 0;     ///< how much of standard error had been written before
  std::string where;        ///< of a sync: who asked for it, as calls.cpp says it
};

std::vector<RecordedCall> readCalls(const std::filesystem::path& log);

/// A folder on a disk that may lose its power: files have what the system would show, and what has
/// reached the disk for sure. An entry of a folder is sure once the folder was synced, the bytes of
/// a file once the file was: what POSIX promises, and no more.
class Disk {
 public:
  /// \param folder whose calls are followed. \param before a folder with what it holds before the
  /// first of them.
  Disk(std::filesystem::path folder, const std::filesystem::path& before);

  void apply(const RecordedCall& call);

  /// Writes down, in `target`, what is left when the power goes now. \param chance null: nothing
  /// but what is sure; else each folder's changes also reached the disk up to one of them, and each
  /// write to a file did so, did not, or left zeros.
  void writeTo(const std::filesystem::path& target, std::mt19937* chance) const;

 private:
  struct Node;
  using Entries = std::map<std::string, std::shared_ptr<Node>>;
  struct Node {
    bool isFolder = false;
    Entries entries, sureEntries;
    std::vector<Entries> changes;  ///< of the entries since the last sync
    std::string bytes, sureBytes;
    std::vector<RecordedCall> writes;  ///< since the last sync
  };

  static std::shared_ptr<Node> nodeFrom(const std::filesystem::path& path);
  Node* folderOf(const std::string& path);
  Node* find(const std::string& path);
  void set(const std::string& path, std::shared_ptr<Node> node);
  static std::string left(const Node& file, std::mt19937* chance);
  static void write(const Node& folder, const std::filesystem::path& target, std::mt19937* chance);

  std::filesystem::path folder_;
  std::shared_ptr<Node> root_;
};

}  // namespace eq::test
