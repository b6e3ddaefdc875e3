#include "app/recent_files.h"

#include <QSettings>

#include "widgets/style/plain_text.h"

namespace eq::app {
namespace {

constexpr int kKept = 8;
constexpr int kLongest = 100;  // characters of a path
constexpr auto kKey = "recent";

}  // namespace

RecentFiles::RecentFiles(QWidget* parent) : QMenu(tr("Open &recent"), parent) {
  connect(this, &QMenu::aboutToShow, this, &RecentFiles::fill);
}

void RecentFiles::add(const std::filesystem::path& path) {
  QSettings settings;
  auto recent = settings.value(kKey).toStringList();
  const auto text = QString::fromStdString(std::filesystem::absolute(path).string());
  recent.removeAll(text);
  recent.prepend(text);
  settings.setValue(kKey, recent.mid(0, kKept));
}

void RecentFiles::fill() {
  clear();
  for (const auto& path : QSettings().value(kKey).toStringList())
    connect(addAction(widgets::menuText(widgets::shortName(path, kLongest))), &QAction::triggered,
            this, [this, path] { emit openRequested(path.toStdString()); });
  if (isEmpty()) addAction(tr("Nothing yet"))->setEnabled(false);
}

}  // namespace eq::app
