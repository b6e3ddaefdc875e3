#pragma once

#include <filesystem>

namespace eq::run {

/// Whether a file system with this number (`f_type` of statfs) lies on other machines, or may:
/// there SQLite's write-ahead log, which needs memory that all readers share, is no choice.
bool isNetworkFileSystem(unsigned long type);

/// Whether `folder` lies on one.
bool isOnNetwork(const std::filesystem::path& folder);

}  // namespace eq::run
