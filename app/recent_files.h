#pragma once

#include <filesystem>

#include <QMenu>

namespace eq::app {

/// The menu of what was opened last, kept in the settings.
class RecentFiles : public QMenu {
  Q_OBJECT

 public:
  explicit RecentFiles(QWidget* parent = nullptr);

  void add(const std::filesystem::path& path);

 signals:
  void openRequested(const std::filesystem::path& path);

 private:
  void fill();
};

}  // namespace eq::app
