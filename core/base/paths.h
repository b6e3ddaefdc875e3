#pragma once

#include <filesystem>
#include <string>

namespace eq {

/// The folder of the sample experiments and their data: that of the source tree the program was
/// built from, else share/equipoise/samples beside the program's own folder. Empty when neither
/// exists.
std::filesystem::path samplesFolder();

/// The file or folder that `given` names: an absolute path as it is, a relative one from `folder`
/// (empty: the working directory), then from the samples' folder.
/// \param place of the parameter, for the message, e.g. "data.path".
/// \throws Error that names every place where it was looked for.
std::filesystem::path findPath(const std::string& given, const std::filesystem::path& folder,
                               const std::string& place);

}  // namespace eq
