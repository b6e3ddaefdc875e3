#include "app/end_notices.h"

#include <QApplication>
#include <QIcon>
#include <QProcess>
#include <QWindow>

#include <fmt/format.h>

#include "app/preferences.h"
#include "app/run_controller.h"
#include "core/base/error.h"
#include "core/run/end_notice.h"
#include "core/study/sweep/standing.h"
#include "widgets/style/plain_text.h"

namespace eq::app {
namespace {

QProcessEnvironment environmentFor(const run::EndNotice& notice) {
  auto environment = QProcessEnvironment::systemEnvironment();
  for (const auto& variable : run::environmentOf(notice)) {
    const auto equals = variable.find('=');
    environment.insert(QString::fromStdString(variable.substr(0, equals)),
                       QString::fromStdString(variable.substr(equals + 1)));
  }
  return environment;
}

}  // namespace

EndNotices::EndNotices(const RunController& controller, QObject* parent) : QObject(parent) {
  connect(&controller, &RunController::ended, this,
          [this, &controller] { tellOf(controller.present()); });
  connect(&controller, &RunController::endedAside, this, &EndNotices::tellOf);
}

void EndNotices::tellOf(const std::filesystem::path& folder) {
  if (folder.empty()) return;  // it failed before it had one
  try {
    tell(run::noticeOf(folder));
  } catch (const Error&) {
    // Its folder is gone or cannot be read, which the window says.
  }
}

void EndNotices::tellOfSweep(const study::SweepStanding& sweep) {
  run::EndNotice notice;
  notice.name = sweep.name.empty() ? sweep.folder.filename().string() : sweep.name;
  notice.folder = sweep.folder;
  notice.state = toText(sweep.state);
  if (sweep.failed > 0)
    notice.reason = fmt::format("{} of {} runs failed", sweep.failed, sweep.runs.size());
  tell(notice);
}

void EndNotices::tell(const run::EndNotice& notice) {
  showOnDesktop(notice);
  startCommand(notice);
}

void EndNotices::startCommand(const run::EndNotice& notice) {
  const auto command = Preferences::kept().notifyCommand.toStdString();
  if (command.empty()) return;
  try {
    const auto words = run::commandWords(command);
    QStringList arguments;
    for (std::size_t i = 1; i < words.size(); ++i) arguments << QString::fromStdString(words[i]);
    QProcess process;
    process.setProgram(QString::fromStdString(words[0]));
    process.setArguments(arguments);
    process.setProcessEnvironment(environmentFor(notice));
    if (!process.startDetached())
      emit problemMet(tr("%1 could not be started (Edit, Preferences, When a run ends): %2")
                          .arg(process.program(), process.errorString()));
  } catch (const Error& error) {
    emit problemMet(QString::fromUtf8(error.what()));
  }
}

void EndNotices::showOnDesktop(const run::EndNotice& notice) {
  if (!Preferences::kept().notifyDesktop || QApplication::activeWindow() ||
      !QSystemTrayIcon::isSystemTrayAvailable())
    return;
  if (!tray_) {
    tray_ = std::make_unique<QSystemTrayIcon>(QIcon(":/icons/equipoise.svg"));
    connect(qApp, &QApplication::focusWindowChanged, this, [this] {
      if (QApplication::activeWindow()) tray_->hide();
    });
  }
  tray_->show();
  const auto icon =
      notice.state == "failed" ? QSystemTrayIcon::Critical : QSystemTrayIcon::Information;
  tray_->showMessage("Equipoise", widgets::shownText(QString::fromStdString(inWords(notice))),
                     icon);
}

}  // namespace eq::app
