#pragma once

#include <QString>
#include <QStringList>

namespace eq::widgets {

/// The command line's program: beside this one, where it is built or installed, else in PATH; empty
/// where there is none.
QString commandLineProgram();

/// Starts the command line in a process of its own, which outlives the window.
/// \param log file that gets what it prints. \returns why it could not be started; else empty.
QString startCommandLine(const QStringList& arguments, const QString& log);

}  // namespace eq::widgets
