#include "widgets/plots/mask_overlaps.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <QComboBox>
#include <QSignalBlocker>

#include "widgets/style/typed_number.h"

namespace eq::widgets {
namespace {

std::vector<double> maskAt(const ObservedTrack& track, std::size_t row) {
  std::vector<double> out;
  for (const Column& entry : track.entries)
    out.push_back(row < entry.size() ? entry[row] : std::nan(""));
  return out;
}

double densityOf(const std::vector<double>& mask) {
  return std::accumulate(mask.begin(), mask.end(), 0.0) / static_cast<double>(mask.size());
}

}  // namespace

double overlapOf(const std::vector<double>& one, const std::vector<double>& other) {
  double common = 0, any = 0;
  for (std::size_t i = 0; i < one.size(); ++i) {
    if (!std::isfinite(one[i]) || !std::isfinite(other[i])) return std::nan("");
    common += std::min(one[i], other[i]);
    any += std::max(one[i], other[i]);
  }
  return any > 0 ? common / any : std::nan("");
}

MaskOverlaps::MaskOverlaps(const SharingSeries& series, const RunData& data, PlotLink& link,
                           QWidget* parent)
    : SampledMap(series.title(), data, link, parent), series_(series), place_(new QComboBox(this)) {
  place_->setAccessibleName(tr("Where the masks lie"));
  place_->setVisible(false);
  addControl(place_);
  connect(place_, &QComboBox::currentIndexChanged, this, &MaskOverlaps::refresh);
}

void MaskOverlaps::restart() {
  SampledMap::restart();
  const QSignalBlocker blocker(place_);
  place_->clear();
}

void MaskOverlaps::grow() {
  offerPlaces();
  SampledMap::grow();
}

void MaskOverlaps::offerPlaces() {
  QStringList places, offered;
  for (const ObservedTrack* track : tracksOf(data(), series_))
    if (!places.contains(track->place)) places << track->place;
  for (int i = 0; i < place_->count(); ++i) offered << place_->itemData(i).toString();
  if (places == offered) return;
  const QSignalBlocker blocker(place_);
  const QString chosen = place_->currentData().toString();
  place_->clear();
  for (const QString& place : places)
    place_->addItem(series_.across.isEmpty() ? place : QString("%1 %2").arg(series_.across, place),
                    place);
  place_->setCurrentIndex(std::max(static_cast<int>(places.indexOf(chosen)), 0));
  place_->setVisible(places.size() > 1);
}

std::vector<const ObservedTrack*> MaskOverlaps::masks() const {
  std::vector<const ObservedTrack*> out;
  for (const ObservedTrack* track : tracksOf(data(), series_))
    if (track->place == place_->currentData().toString() &&
        (out.empty() || out.front()->shape == track->shape))
      out.push_back(track);
  return out;
}

int MaskOverlaps::sampleCount() const {
  const auto all = masks();
  return all.empty() ? 0 : static_cast<int>(all.front()->x.in(XUnit::step).size());
}

std::int64_t MaskOverlaps::stepOf(int sample) const {
  return std::llround(masks().front()->x.in(XUnit::step)[static_cast<std::size_t>(sample)]);
}

QString MaskOverlaps::hint() const {
  return sampleCount() == 0 ? tr("Nothing of this was observed yet.") : QString();
}

SampledMap::Names MaskOverlaps::names(int) const {
  QStringList names;
  for (const ObservedTrack* track : masks())
    names << (track->task >= 0 && track->task < data().taskCount() ? data().taskName(track->task)
                                                                   : trackName(data(), *track));
  return {names, names};
}

SampledMap::Scale MaskOverlaps::scale(int) const {
  return {tr("Overlap; on the diagonal density"), 0, 1,
          [](Theme theme, double value) { return heatColour(theme, std::clamp(value, 0.0, 1.0)); }};
}

/// Of masks that were observed at other steps too, those at the step of the sample.
double MaskOverlaps::value(int sample, int row, int column) const {
  const auto all = masks();
  const auto at = [&](int which) {
    const ObservedTrack& track = *all[static_cast<std::size_t>(which)];
    const Column& steps = track.x.in(XUnit::step);
    const auto found =
        std::lower_bound(steps.begin(), steps.end(), static_cast<double>(stepOf(sample)));
    const bool there = found != steps.end() && *found == static_cast<double>(stepOf(sample));
    return maskAt(track, there ? static_cast<std::size_t>(found - steps.begin()) : steps.size());
  };
  return row == column ? densityOf(at(row)) : overlapOf(at(row), at(column));
}

QString MaskOverlaps::cellText(double value) const {
  return fixedText(value, 2);
}

QString MaskOverlaps::remark(int sample) const {
  return tr("step %1 (%2 of %3), %4")
      .arg(widgets::countText(stepOf(sample)), widgets::countText(sample + 1),
           widgets::countText(sampleCount()), observedText(data()));
}

QString MaskOverlaps::tip(int sample, int row, int column) const {
  const double found = value(sample, row, column);
  const QString number = std::isnan(found) ? QString("–") : fixedText(found, 4);
  const auto [rows, columns] = names(sample);
  return row == column ? tr("%1: density %2").arg(rows[row], number)
                       : tr("%1 and %2: overlap %3").arg(rows[row], columns[column], number);
}

std::vector<Series> MaskOverlaps::series() const {
  std::vector<Series> out;
  if (sampleCount() == 0) return out;
  const auto [rows, columns] = names(0);
  for (int row = 0; row < rows.size(); ++row)
    for (int column = row; column < columns.size(); ++column) {
      Series one{row == column ? tr("density of %1").arg(rows[row])
                               : tr("overlap of %1 and %2").arg(rows[row], columns[column]),
                 toText(link().unit()),
                 masks().front()->x.in(link().unit()),
                 {},
                 static_cast<int>(out.size())};
      for (int sample = 0; sample < sampleCount(); ++sample)
        one.y.push_back(value(sample, row, column));
      out.push_back(std::move(one));
    }
  return out;
}

}  // namespace eq::widgets
