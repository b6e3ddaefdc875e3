#pragma once

#include <filesystem>
#include <functional>

#include <QList>
#include <QObject>
#include <QUrl>

class QWidget;

namespace eq::widgets {
class MessageBar;
}

namespace eq::app {

class RecentFiles;

/// Opens what is dropped on the window: experiments, tables, run folders. One thing is shown at a
/// time: the first. The others are told, and opened in turn by a link.
class FileDrop : public QObject {
  Q_OBJECT

 public:
  /// Opens a path, then does the rest. \returns whether it could be read.
  using Opener =
      std::function<bool(const std::filesystem::path& path, const std::function<void()>& then)>;

  /// \param window takes drops from now on.
  FileDrop(QWidget& window, Opener open, RecentFiles& recent, widgets::MessageBar& messages);

  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void openAll(const QList<QUrl>& urls);
  void tellOthers(const QStringList& names, const QList<QUrl>& urls);

  Opener open_;
  RecentFiles& recent_;
  widgets::MessageBar& messages_;
};

}  // namespace eq::app
