#include "widgets/session/command_line.h"

#include <QCoreApplication>
#include <QDir>
#include <QProcess>
#include <QStandardPaths>

namespace eq::widgets {

QString commandLineProgram() {
  const QDir here(QCoreApplication::applicationDirPath());
  // The second is where the tests find it.
  for (const auto* place : {".", "../app"}) {
    const auto found = QStandardPaths::findExecutable("equipoise-cli", {here.filePath(place)});
    if (!found.isEmpty()) return found;
  }
  return QStandardPaths::findExecutable("equipoise-cli");
}

QString startCommandLine(const QStringList& arguments, const QString& log) {
  QProcess process;
  process.setProgram(commandLineProgram());
  if (process.program().isEmpty())
    return QCoreApplication::translate(
        "CommandLine",
        "equipoise-cli is neither beside this program nor in PATH; install it there");
  process.setArguments(arguments);
  process.setStandardInputFile(QProcess::nullDevice());
  process.setStandardOutputFile(log);
  process.setStandardErrorFile(log, QIODevice::Append);
  if (process.startDetached()) return {};
  return QCoreApplication::translate("CommandLine", "%1 could not be started: %2")
      .arg(process.program(), process.errorString());
}

}  // namespace eq::widgets
