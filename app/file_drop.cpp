#include "app/file_drop.h"

#include <utility>

#include <QDropEvent>
#include <QMimeData>
#include <QWidget>

#include "app/recent_files.h"
#include "core/data/csv.h"
#include "core/run/run_folder.h"
#include "widgets/style/message_bar.h"
#include "widgets/style/plain_text.h"

namespace eq::app {

using widgets::shownName;

FileDrop::FileDrop(QWidget& window, Opener open, RecentFiles& recent, widgets::MessageBar& messages)
    : QObject(&window), open_(std::move(open)), recent_(recent), messages_(messages) {
  window.setAcceptDrops(true);
  window.installEventFilter(this);
}

bool FileDrop::eventFilter(QObject*, QEvent* event) {
  if (event->type() != QEvent::DragEnter && event->type() != QEvent::Drop) return false;
  auto* drop = static_cast<QDropEvent*>(event);  // which a QDragEnterEvent is as well
  if (!drop->mimeData()->hasUrls()) return false;
  drop->acceptProposedAction();
  if (event->type() == QEvent::Drop) openAll(drop->mimeData()->urls());
  return true;
}

void FileDrop::openAll(const QList<QUrl>& urls) {
  std::filesystem::path first;
  QStringList others;
  for (const QUrl& url : urls) {
    const std::filesystem::path path = url.toLocalFile().toStdString();
    if (path.empty()) {
      others << tr("%1 (not on this machine)").arg(shownName(url.toString()));
    } else if (first.empty()) {
      first = path;
    } else {
      others << shownName(path.filename().string());
      if (run::isRun(path) || data::isTableName(path) || path.extension() == ".json")
        recent_.add(path);
    }
  }
  const auto tellOthers = [this, others] {
    if (!others.isEmpty())
      messages_.add(tr("One file or run is shown at a time. Not opened: %1. Those that can be are "
                       "in File, Open recent.")
                        .arg(others.join(", ")));
  };
  if (first.empty() || !open_(first, tellOthers)) tellOthers();
}

}  // namespace eq::app
