#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/base/descriptor.h"

namespace eq::script {

// TorchScript files are programs: once one is opened it can do all that the user may do. None is
// opened before a person has said that its content is trusted; nothing that is written in an
// experiment, a run or a checkpoint counts as that. Safe to call from several threads.

/// A TorchScript file as it stands on the disk.
struct ScriptFile {
  std::filesystem::path path;
  std::uintmax_t size = 0;  ///< bytes
  std::string sha256;       ///< of its content
};

/// Its bytes; nothing of it is run. \param place for the message. \throws Error when it is no file
/// that can be read, or larger than 256 MiB.
std::string readScript(const std::filesystem::path& path, const std::string& place);

/// From now on, and as long as the program runs, files with this content may run. Only for an
/// answer of the person at the keyboard.
void trustScript(const std::string& sha256);
bool isTrustedScript(const std::string& sha256);

/// \throws Error where a text is no SHA-256; empty is none. \param place of the text.
void requireDigest(const std::string& text, const std::string& place);

/// The content of a file that may be opened.
struct OpenScript {
  std::string bytes;
  std::string name;  ///< "torchscript.path: /there/loss.pt", for messages
};
/// \param given path. \param pinned SHA-256 that it must have; empty: any. \param place of the
/// method, "model": its parameters "path" and "sha256" are named. \throws Error when it cannot be
/// read, is another file than the pinned one, or is not trusted.
OpenScript openScript(const std::string& given, const std::string& pinned,
                      const std::string& place);

/// The TorchScript files that methods of a catalog name: a parameter is one where the descriptor's
/// trait "files" says so: {"path": "sha256"} names the parameter that pins its content. Below, a
/// method is its id with its parameters; methods in it ({"id", "params"}, as the terms of a sum)
/// are looked into as well.
class MethodFiles {
 public:
  /// \param find a method of the catalog by its id; null: there is none.
  explicit MethodFiles(std::function<const Descriptor*(const std::string& id)> find)
      : find_(std::move(find)) {}

  /// Adds the files that the method would run and that are not trusted yet, but no content twice.
  /// Left out is what would be refused anyway: files that cannot be read, and others than the
  /// pinned ones.
  void addUntrusted(std::vector<ScriptFile>& files, const std::string& id,
                    const nlohmann::json& params, const std::filesystem::path& folder) const;

  /// The parameters with absolute paths. \param folder where relative ones start; empty: the
  /// working directory. \param place of the method, for messages. \throws Error when a file is not
  /// there.
  nlohmann::json placed(const std::string& id, const nlohmann::json& params,
                        const std::filesystem::path& folder, const std::string& place) const;

  /// The parameters with another path for each file. \param replace maps a path as given to its new
  /// one.
  nlohmann::json at(const std::string& id, const nlohmann::json& params,
                    const std::function<std::string(const std::string&)>& replace) const;

  /// The parameters with the content of every file pinned that is not yet, so that another content
  /// is refused later. \throws Error when a file cannot be read.
  nlohmann::json pinned(const std::string& id, const nlohmann::json& params,
                        const std::filesystem::path& folder, const std::string& place) const;

  /// The parameters as a person gave them, for texts.
  nlohmann::json withoutPins(const std::string& id, const nlohmann::json& params) const;

 private:
  struct Parameter;
  using Visit = std::function<void(const Parameter&)>;
  void visit(const std::string& id, nlohmann::json& params, const std::string& place,
             const Visit& look) const;
  void visitNested(nlohmann::json& value, const std::string& place, const Visit& look) const;

  std::function<const Descriptor*(const std::string& id)> find_;
};

/// The files of a catalog's methods. \pre the catalog outlives them.
template <typename Catalog>
MethodFiles filesOf(const Catalog& catalog) {
  return MethodFiles([&catalog](const std::string& id) {
    return catalog.contains(id) ? &catalog.descriptor(id) : nullptr;
  });
}

}  // namespace eq::script
