#include "app/study_launch.h"

#include <cerrno>
#include <csignal>

#include <QFile>
#include <QTimer>

#include "core/base/error.h"
#include "core/study/sweep/sweep_folder.h"
#include "widgets/session/command_line.h"

namespace eq::app {

using namespace widgets;

namespace {

constexpr int kLaunchLook = 100;  // ms

QString messagesFile(const std::filesystem::path& folder) {
  return QString::fromStdString((folder / "messages.log").string());
}

bool isProcess(qint64 process) {
  return ::kill(static_cast<pid_t>(process), 0) == 0 || errno == EPERM;
}

}  // namespace

StudyLaunch::StudyLaunch(const std::filesystem::path& folder, const QStringList& arguments,
                         QObject* parent)
    : QObject(parent), folder_(folder), timer_(new QTimer(this)) {
  if (const auto problem = startCommandLine(arguments, messagesFile(folder), &process_);
      !problem.isEmpty())
    fail("{}", problem.toStdString());
  connect(timer_, &QTimer::timeout, this, &StudyLaunch::look);
  timer_->start(kLaunchLook);
}

void StudyLaunch::look() {
  const bool lives = isProcess(process_);  // before the look: a short one may have ended well
  const auto state = study::stateOf(folder_);
  const bool ended = state == study::SweepState::finished || state == study::SweepState::failed;
  if (state != study::SweepState::running && lives) return;
  timer_->stop();
  if (state == study::SweepState::running || ended)
    emit began();
  else
    emit failed(lastWords());
  deleteLater();
}

QString StudyLaunch::lastWords() const {
  QFile file(messagesFile(folder_));
  if (!file.open(QIODevice::ReadOnly)) return tr("It ended at once, and left no message.");
  const auto lines = QString::fromUtf8(file.readAll()).split('\n', Qt::SkipEmptyParts);
  return lines.isEmpty() ? tr("It ended at once, and left no message.") : lines.last();
}

}  // namespace eq::app
