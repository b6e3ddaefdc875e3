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

using namespace widgets;

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
  QStringList names;
  QList<QUrl> others;
  for (const QUrl& url : urls) {
    const std::filesystem::path path = url.toLocalFile().toStdString();
    if (path.empty()) {
      names << tr("%1 (not on this machine)").arg(shownName(url.toString()));
    } else if (first.empty()) {
      first = path;
    } else {
      names << shownName(path.filename().string());
      others << url;
      if (run::isRun(path) || data::isTableName(path) || path.extension() == ".json")
        recent_.add(path);
    }
  }
  const auto tell = [this, names, others] { tellOthers(names, others); };
  if (first.empty() || !open_(first, tell)) tell();
}

void FileDrop::tellOthers(const QStringList& names, const QList<QUrl>& urls) {
  if (names.isEmpty()) return;
  const auto text =
      tr("One file or run is shown at a time. Not opened: %1. Those that can be are in "
         "File, Open recent.")
          .arg(names.join(", "));
  if (urls.isEmpty()) return messages_.add(text);
  messages_.add(text, tr("Open %1").arg(shortName(urls.first().fileName())),
                [this, urls] { openAll(urls); });
}

}  // namespace eq::app
