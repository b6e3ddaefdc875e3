#pragma once

#include <filesystem>
#include <vector>

class QMimeData;

namespace eq::widgets {

/// What a drag of runs carries: their folders. It is no drag of files, which the window would open.
QMimeData* makeRunDrag(const std::vector<std::filesystem::path>& folders);
std::vector<std::filesystem::path> runsIn(const QMimeData& data);

}  // namespace eq::widgets
