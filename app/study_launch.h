#pragma once

#include <filesystem>

#include <QObject>
#include <QStringList>

class QTimer;

namespace eq::app {

/// Starts the process that trains the sweep or race of a folder, which outlives the window, and
/// says whether it did begin. Deletes itself then.
class StudyLaunch : public QObject {
  Q_OBJECT

 public:
  /// \param arguments of equipoise-cli. \throws Error when it cannot be started.
  StudyLaunch(const std::filesystem::path& folder, const QStringList& arguments, QObject* parent);

 signals:
  void began();
  /// What the process said before it ended.
  void failed(const QString& problem);

 private:
  void look();
  QString lastWords() const;

  std::filesystem::path folder_;
  qint64 process_ = 0;
  QTimer* timer_;
};

}  // namespace eq::app
