#include "widgets/runs/run_trash.h"
#include "widgets/style/done_edit.h"

#include <algorithm>

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QUndoStack>

#include "widgets/style/plain_text.h"

namespace eq::widgets {
namespace {

QString trashPath(const std::filesystem::path& path) {
  return QString::fromStdString(path.string());
}

}  // namespace

RunTrash::RunTrash(QUndoStack& undo, QObject* parent) : QObject(parent), undo_(undo) {}

void RunTrash::trash(const Folders& folders, const QString& called) {
  const auto moved = moveAll(folders);
  if (moved.empty()) return;
  undo_.push(new DoneEdit(
      menuText(tr("moving %1 to the trash").arg(called)),
      [this, moved] { return !moveAll(moved).empty(); },
      [this, moved] { return restoreAll(moved); }));
}

RunTrash::Folders RunTrash::moveAll(const Folders& folders) {
  Folders moved;
  std::copy_if(folders.begin(), folders.end(), std::back_inserter(moved),
               [this](const auto& folder) { return move(folder); });
  emit changed();
  return moved;
}

bool RunTrash::move(const std::filesystem::path& folder) {
  QString inTrash;
  const bool moved = QFile::moveToTrash(trashPath(folder), &inTrash);
  if (moved) {
    trashed_[folder] = inTrash;
    emit trashed(folder);
  } else {
    emit problemMet(tr("%1 could not be moved to the trash; is it on another disk or read-only?")
                        .arg(trashPath(folder)));
  }
  return moved;
}

bool RunTrash::restoreAll(const Folders& folders) {
  bool any = false;
  for (const auto& folder : folders) any = restore(folder) || any;
  return any;
}

bool RunTrash::restore(const std::filesystem::path& folder) {
  const auto found = trashed_.find(folder);
  if (found == trashed_.end()) return false;  // it was put back already
  const QString inTrash = found->second;
  const bool moved = QFile::rename(inTrash, trashPath(folder));
  if (moved) {
    trashed_.erase(found);
    // The desktop's note of where it came from, freedesktop.org's Trash specification.
    const QFileInfo file(inTrash);
    QFile::remove(file.dir().filePath("../info/" + file.fileName() + ".trashinfo"));
    emit restored(folder);
  } else {
    emit problemMet(
        tr("%1 could not be put back; it is %2 in the trash.").arg(trashPath(folder), inTrash));
  }
  emit changed();
  return moved;
}

}  // namespace eq::widgets
