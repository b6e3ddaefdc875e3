#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "core/base/error.h"

namespace eq::run {

/// Replaces `file` as a whole, or leaves it as it was: the bytes go to a temporary file in the same
/// folder, which is synced, closed and renamed; then the folder is synced. A link is followed.
/// \throws Error naming file, reason and remedy; the temporary file is gone then.
void writeAtomically(const std::filesystem::path& file, std::string_view bytes);

/// What stands in `folder`. \param code why it cannot be listed, or not to its end.
std::vector<std::filesystem::path> entriesOf(const std::filesystem::path& folder,
                                             std::error_code& code);

/// Removes the temporary files that killed writers left in `folder`.
void removeLeftovers(const std::filesystem::path& folder);

/// Makes what was made or renamed in `folder` survive a loss of power; file systems that cannot
/// sync a folder need not. \throws Error naming the folder.
void syncFolder(const std::filesystem::path& folder);

/// Makes `folder` and those above it that are missing, so that they survive a loss of power.
/// \throws Error naming the one that cannot be made.
void makeFolders(const std::filesystem::path& folder);

/// \throws Error when they cannot be made or renamed.
void makeFolder(const std::filesystem::path& folder);
void renameFile(const std::filesystem::path& from, const std::filesystem::path& to);

/// The whole file. \throws Error naming file and reason.
std::string readWhole(const std::filesystem::path& file);

/// `runs/a.json: cannot be written: No space left on device; free some space there`. A full or
/// broken disk is a failure, a missing permission the user's mistake.
/// \param what "cannot be written". \param code of errno.
Error fileError(const std::filesystem::path& file, const std::string& what, int code);

}  // namespace eq::run
