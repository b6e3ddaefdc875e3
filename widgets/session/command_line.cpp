#include "widgets/session/command_line.h"

#include <QCoreApplication>
#include <QDir>
#include <QFileInfo>
#include <QProcess>
#include <QStandardPaths>

namespace eq::widgets {

QString commandLineProgram() {
  if (const auto named = qEnvironmentVariable("EQUIPOISE_CLI"); !named.isEmpty())
    return QFileInfo(named).isExecutable() ? named : QString();
  const QDir here(QCoreApplication::applicationDirPath());
  // The second is where the tests find it.
  for (const auto* place : {".", "../app"}) {
    const auto found = QStandardPaths::findExecutable("equipoise-cli", {here.filePath(place)});
    if (!found.isEmpty()) return found;
  }
  return QStandardPaths::findExecutable("equipoise-cli");
}

QString commandLineMissing() {
  if (const auto named = qEnvironmentVariable("EQUIPOISE_CLI"); !named.isEmpty())
    return QCoreApplication::translate(
               "CommandLine",
               "%1, which EQUIPOISE_CLI names, is no program; it trains sweeps and "
               "races")
        .arg(named);
  return QCoreApplication::translate("CommandLine",
                                     "equipoise-cli, which trains sweeps and races, is neither "
                                     "beside this program nor in PATH; install it there");
}

QString startCommandLine(const QStringList& arguments, const QString& log, qint64* number) {
  QProcess process;
  process.setProgram(commandLineProgram());
  if (process.program().isEmpty()) return commandLineMissing();
  process.setArguments(arguments);
  process.setStandardInputFile(QProcess::nullDevice());
  process.setStandardOutputFile(log);
  process.setStandardErrorFile(log, QIODevice::Append);
  if (process.startDetached(number)) return {};
  return QCoreApplication::translate("CommandLine", "%1 could not be started: %2")
      .arg(process.program(), process.errorString());
}

}  // namespace eq::widgets
