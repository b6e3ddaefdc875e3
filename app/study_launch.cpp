#include "app/study_launch.h"

#include <cerrno>
#include <csignal>

#include <QCoreApplication>
#include <QFile>
#include <QProcess>
#include <QTimer>

#include "core/base/error.h"
#include "core/study/sweep/sweep_folder.h"

namespace eq::app {
namespace {

constexpr int kLaunchLook = 100;  // ms

QString messagesFile(const std::filesystem::path& folder) {
  return QString::fromStdString((folder / "messages.log").string());
}

bool isProcess(qint64 process) {
  return ::kill(static_cast<pid_t>(process), 0) == 0 || errno == EPERM;
}

}  // namespace

std::filesystem::path cliProgram() {
  const auto named = qEnvironmentVariable("EQUIPOISE_CLI");
  const auto beside = QCoreApplication::applicationDirPath() + "/equipoise-cli";
  const std::filesystem::path program = (named.isEmpty() ? beside : named).toStdString();
  std::error_code ignored;
  if (!std::filesystem::exists(program, ignored))
    fail("{}: is not there, and it trains sweeps and races; install it beside this program",
         program.string());
  return program;
}

StudyLaunch::StudyLaunch(const std::filesystem::path& folder, const QStringList& arguments,
                         QObject* parent)
    : QObject(parent), folder_(folder), timer_(new QTimer(this)) {
  QProcess process;
  const auto program = QString::fromStdString(cliProgram().string());
  process.setProgram(program);
  process.setArguments(arguments);
  process.setStandardInputFile(QProcess::nullDevice());
  process.setStandardOutputFile(QProcess::nullDevice());
  process.setStandardErrorFile(messagesFile(folder));
  if (!process.startDetached(&process_)) fail("{}: cannot be started", program.toStdString());
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
