#include "widgets/plots/sharing_page.h"

#include <algorithm>

#include <QGridLayout>
#include <QLabel>
#include <QScrollArea>
#include <QVBoxLayout>

#include "widgets/plots/architecture_plot.h"
#include "widgets/plots/mask_overlaps.h"
#include "widgets/plots/observed_bars.h"
#include "widgets/plots/observed_curve.h"
#include "widgets/plots/observed_map.h"
#include "widgets/plots/observed_plot.h"
#include "widgets/plots/parting_list.h"
#include "widgets/plots/tree_plot.h"

namespace eq::widgets {
namespace {

constexpr int kLowestPicture = 200;  // pixels below which the page is scrolled instead
constexpr int kLowestArchitecture = 300, kNarrowestPicture = 160;

}  // namespace

SharingPage::SharingPage(const RunData& data, PlotLink& link, QWidget* parent)
    : QWidget(parent),
      data_(data),
      link_(link),
      area_(new QScrollArea(this)),
      grid_(new QGridLayout),
      parting_(new PartingList(data, link, this)),
      hint_(new QLabel(this)) {
  setAccessibleName(tr("Sharing"));
  hint_->setTextFormat(Qt::PlainText);
  hint_->setAlignment(Qt::AlignCenter);
  hint_->setWordWrap(true);
  hint_->setMargin(24);
  hint_->setForegroundRole(QPalette::PlaceholderText);
  grid_->setSpacing(2);
  grid_->setContentsMargins(0, 0, 0, 0);
  auto* pictures = new QWidget(this);
  pictures->setLayout(grid_);
  area_->setWidget(pictures);
  area_->setWidgetResizable(true);
  area_->setFrameShape(QFrame::NoFrame);
  area_->setFocusPolicy(Qt::NoFocus);
  area_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->addWidget(area_, 1);
  layout->addWidget(hint_, 1);
  for (const auto changed : {&RunData::restarted, &RunData::changed, &RunData::experimentChanged})
    connect(&data, changed, this, &SharingPage::follow);
  follow();
  arrange();
}

std::vector<PlotPanel*> SharingPage::plots() const {
  std::vector<PlotPanel*> out;
  for (const Shown& one : shown_) out.push_back(one.plot);
  return out;
}

QString SharingPage::hint() const {
  return sharingHint(data_);
}

PlotPanel* SharingPage::plotOf(const SharingSeries& series) {
  if (series.name.isEmpty()) return new PenaltiesPlot(data_, link_, this);
  switch (series.picture) {
    case Picture::bars:
      return new ObservedBars(series, data_, link_, this);
    case Picture::matrix:
      return new ObservedMap(series, data_, link_, this);
    case Picture::masks:
      return new MaskOverlaps(series, data_, link_, this);
    case Picture::curve:
      return new ObservedCurve(series, data_, link_, this);
    case Picture::tree:
      return new TreePlot(data_, link_, this);
    case Picture::architecture:
      return new ArchitecturePlot(data_, link_, this);
    case Picture::areas:
    case Picture::lines:
      break;
  }
  return new ObservedPlot(series, data_, link_, this);
}

/// Plots of series that the run in focus does not have go at once.
void SharingPage::follow() {
  auto wanted = recordedSeries(data_);
  if (!data_.penalties().empty()) wanted.push_back({});
  hint_->setText(hint());
  hint_->setVisible(!hint_->text().isEmpty());
  const bool same = std::equal(
      wanted.begin(), wanted.end(), shown_.begin(), shown_.end(),
      [](const SharingSeries& series, const Shown& one) { return one.series == series; });
  if (same) return;
  const auto former = std::move(shown_);
  shown_.clear();
  for (const SharingSeries& series : wanted) {
    const auto found = std::find_if(former.begin(), former.end(),
                                    [&series](const Shown& one) { return one.series == series; });
    shown_.push_back({series, found == former.end() ? nullptr : found->plot});
  }
  for (const Shown& one : former) {
    if (std::find(wanted.begin(), wanted.end(), one.series) != wanted.end()) continue;
    emit gone(one.plot);
    delete one.plot;
  }
  for (Shown& one : shown_) {
    if (one.plot) continue;
    one.plot = plotOf(one.series);
    emit added(one.plot);
  }
  arrange();
}

/// The architecture with the list of its layers beside it; then in rows of two, of an odd number
/// the first in a row of its own.
void SharingPage::arrange() {
  const int count = static_cast<int>(shown_.size());
  const bool isDescribed = count > 0 && shown_.front().series.picture == Picture::architecture;
  const int lead = isDescribed ? 1 : 0, rest = count - lead, first = rest % 2;
  const int rows = lead + (rest + 1) / 2;
  for (int i = 0; i < count; ++i) {
    PlotPanel* plot = shown_[static_cast<std::size_t>(i)].plot;
    grid_->removeWidget(plot);
    const int place = i - lead + first;  // in the rows of two, where the first may take both
    if (i < lead)
      grid_->addWidget(plot, 0, 0);
    else if (place < 2 * first)
      grid_->addWidget(plot, lead, 0, 1, 2);
    else
      grid_->addWidget(plot, lead + place / 2, place % 2);
    plot->setMinimumSize(kNarrowestPicture, i < lead ? kLowestArchitecture : kLowestPicture);
    plot->show();
  }
  grid_->removeWidget(parting_);
  if (isDescribed) grid_->addWidget(parting_, 0, 1);
  parting_->setMinimumWidth(kNarrowestPicture);
  parting_->setVisible(isDescribed);
  for (int row = 0; row < grid_->rowCount(); ++row) grid_->setRowStretch(row, row < rows);
  for (int column = 0; column < 2; ++column) grid_->setColumnStretch(column, 1);
  qobject_cast<QBoxLayout*>(layout())->setStretchFactor(hint_, isDescribed ? 0 : 1);
  area_->setVisible(count > 0);
}

}  // namespace eq::widgets
