#pragma once

#include <filesystem>

#include <QSize>
#include <QString>
#include <QStringList>

#include "widgets/style/theme.h"

class QCommandLineParser;

namespace eq::app {

/// What the command line of the window says.
struct WindowOptions {
  QStringList paths;
  std::filesystem::path workspace;  ///< empty: what is preferred
  bool start = false;
  QString show;
  widgets::Theme theme = widgets::Theme::light;
  QString screenshot;
  double after = 3;  ///< seconds
  QSize size;
  bool frameStats = false;
  QStringList beside;     ///< run folders
  QString plot, run, to;  ///< export of one figure
};

/// \throws Error for a name other than light, dark and system.
widgets::Theme themeFrom(const QString& name);

void addOptions(QCommandLineParser& parser);
/// \throws Error `--after: seconds from 0 to 86400, found abc` for a value that is none.
WindowOptions optionsOf(const QCommandLineParser& parser);

}  // namespace eq::app
