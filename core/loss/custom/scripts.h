#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace eq::loss {

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

// Below, a loss is its id with its parameters; the losses in it (`base`, `terms`) are looked into
// as well. A parameter is a file of a loss where its descriptor's trait "files" says so: {"path":
// "sha256"} names the parameter that pins its content.

/// Adds the files that the loss would run and that are not trusted yet, but no content twice. Left
/// out is what would be refused anyway: files that cannot be read, and others than the pinned ones.
void addUntrustedScripts(std::vector<ScriptFile>& files, const std::string& id,
                         const nlohmann::json& params, const std::filesystem::path& folder);

/// The parameters with absolute paths. \param folder where relative ones start; empty: the working
/// directory. \param place of the loss, for messages. \throws Error when a file is not there.
nlohmann::json withPlacedScripts(const std::string& id, const nlohmann::json& params,
                                 const std::filesystem::path& folder, const std::string& place);

/// The parameters with another path for each file. \param replace maps a path as given to its new
/// one.
nlohmann::json withScriptsAt(const std::string& id, const nlohmann::json& params,
                             const std::function<std::string(const std::string&)>& replace);

/// The parameters with the content of every file pinned that is not yet, so that another content
/// is refused later. \throws Error when a file cannot be read.
nlohmann::json withPinnedScripts(const std::string& id, const nlohmann::json& params,
                                 const std::filesystem::path& folder, const std::string& place);

/// The parameters as a person gave them, for texts.
nlohmann::json withoutPins(const std::string& id, const nlohmann::json& params);

}  // namespace eq::loss
