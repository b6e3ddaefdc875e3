#include "widgets/plots/layout_menu.h"

#include <QInputDialog>
#include <QSettings>
#include <QVariantMap>

#include "widgets/plots/plot_area.h"
#include "widgets/style/plain_text.h"

namespace eq::widgets {
namespace {

constexpr const char* kLayouts = "plots/layouts";

QVariantMap keptLayouts() {
  return QSettings().value(kLayouts).toMap();
}

}  // namespace

LayoutMenu::LayoutMenu(PlotArea& area, QWidget* parent)
    : QMenu(tr("&Layouts of the plots"), parent), area_(area) {
  connect(this, &QMenu::aboutToShow, this, &LayoutMenu::fill);
  fill();
}

void LayoutMenu::fill() {
  delete removal_;
  clear();
  addAction(tr("&Standard for this run and window"), this, [this] {
    area_.arrange(tr("layout of the plots"), [this] { area_.resetLayout(); });
    emit chosen();
  });
  const QVariantMap kept = keptLayouts();
  for (auto one = kept.begin(); one != kept.end(); ++one)
    addAction(menuText(shortName(one.key())), this, [this, layout = one.value().toByteArray()] {
      area_.arrange(tr("layout of the plots"), [&] { area_.setLayoutState(layout); });
      emit chosen();
    });
  addSeparator();
  addAction(tr("Save &as…"), this, &LayoutMenu::askForName);
  removal_ = addMenu(tr("&Delete"));
  removal_->setEnabled(!kept.isEmpty());
  for (auto one = kept.begin(); one != kept.end(); ++one)
    removal_->addAction(menuText(shortName(one.key())), this,
                        [this, name = one.key()] { remove(name); });
}

void LayoutMenu::askForName() {
  auto* dialog = new QInputDialog(parentWidget());
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setWindowTitle(tr("Save the layout"));
  dialog->setLabelText(tr("Name of the layout; one of the same name is replaced:"));
  connect(dialog, &QInputDialog::textValueSelected, this, [this](const QString& name) {
    if (!name.trimmed().isEmpty()) save(name.trimmed());
  });
  dialog->open();
}

void LayoutMenu::save(const QString& name) {
  QVariantMap kept = keptLayouts();
  kept[name] = area_.layoutState();
  QSettings().setValue(kLayouts, kept);
  fill();
}

void LayoutMenu::remove(const QString& name) {
  QVariantMap kept = keptLayouts();
  kept.remove(name);
  QSettings().setValue(kLayouts, kept);
}

}  // namespace eq::widgets
