#pragma once

#include <filesystem>
#include <memory>

#include <QObject>
#include <QSystemTrayIcon>

namespace eq::run {
struct EndNotice;
}

namespace eq::study {
struct SweepStanding;
}

namespace eq::app {

class RunController;

/// Tells a person who looks elsewhere that a run has ended: by the desktop, where no window of this
/// program is in front, and by a command of theirs, as they prefer.
class EndNotices : public QObject {
  Q_OBJECT

 public:
  explicit EndNotices(const RunController& controller, QObject* parent = nullptr);

  /// Of what other processes train.
  void tellOfSweep(const study::SweepStanding& sweep);

 signals:
  void problemMet(const QString& text);

 private:
  void tell(const run::EndNotice& notice);
  void tellOf(const std::filesystem::path& folder);
  void startCommand(const run::EndNotice& notice);
  void showOnDesktop(const run::EndNotice& notice);

  std::unique_ptr<QSystemTrayIcon> tray_;  ///< stands while there is something to be said
};

}  // namespace eq::app
