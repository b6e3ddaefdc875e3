#include "widgets/plots/run_drag.h"

#include <QByteArray>
#include <QMimeData>

namespace eq::widgets {
namespace {

constexpr auto kRunFolders = "application/x-equipoise-runs";  // paths that end with a zero byte

}  // namespace

QMimeData* makeRunDrag(const std::vector<std::filesystem::path>& folders) {
  QByteArray bytes;
  for (const auto& folder : folders) bytes += QByteArray::fromStdString(folder.string()) + '\0';
  auto* data = new QMimeData;
  data->setData(kRunFolders, bytes);
  return data;
}

std::vector<std::filesystem::path> runsIn(const QMimeData& data) {
  std::vector<std::filesystem::path> out;
  for (const QByteArray& path : data.data(kRunFolders).split('\0'))
    if (!path.isEmpty()) out.emplace_back(path.toStdString());
  return out;
}

}  // namespace eq::widgets
