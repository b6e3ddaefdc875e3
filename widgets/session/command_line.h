#pragma once

#include <QString>
#include <QStringList>

namespace eq::widgets {

/// The command line's program: what EQUIPOISE_CLI names in the environment, else beside this one,
/// where it is built or installed, else in PATH; empty where there is none.
QString commandLineProgram();
/// What to say where there is none.
QString commandLineMissing();

/// Starts the command line in a process of its own, which outlives the window.
/// \param log file that gets what it prints. \param process takes its number where one is given.
/// \returns why it could not be started; else empty.
QString startCommandLine(const QStringList& arguments, const QString& log,
                         qint64* process = nullptr);

}  // namespace eq::widgets
