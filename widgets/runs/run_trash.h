#pragma once

#include <filesystem>
#include <map>
#include <vector>

#include <QObject>
#include <QString>

class QUndoStack;

namespace eq::widgets {

/// Moves runs to the desktop's trash, and puts them back where they were.
class RunTrash : public QObject {
  Q_OBJECT

 public:
  using Folders = std::vector<std::filesystem::path>;

  /// \param undo outlives this.
  explicit RunTrash(QUndoStack& undo, QObject* parent = nullptr);

  /// All of them in one edit, which can be undone. \param called what the edit calls them.
  void trash(const Folders& folders, const QString& called);
  /// \returns whether that went well.
  bool restore(const std::filesystem::path& folder);

 signals:
  /// restore() undoes it.
  void trashed(const std::filesystem::path& folder);
  /// It is where it was.
  void restored(const std::filesystem::path& folder);
  void problemMet(const QString& text);
  void changed();

 private:
  bool move(const std::filesystem::path& folder);
  /// \returns those that were moved.
  Folders moveAll(const Folders& folders);
  bool restoreAll(const Folders& folders);

  QUndoStack& undo_;
  std::map<std::filesystem::path, QString> trashed_;  ///< where they were: where they are
};

}  // namespace eq::widgets
