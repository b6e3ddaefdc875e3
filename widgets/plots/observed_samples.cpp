#include "widgets/plots/observed_samples.h"

#include <algorithm>
#include <cmath>

#include <QComboBox>
#include <QObject>
#include <QSignalBlocker>

#include "widgets/style/typed_number.h"

namespace eq::widgets {
namespace {

bool isMatrix(const ObservedTrack& track) {
  return track.shape.size() > 1;
}

}  // namespace

void ObservedSamples::restart() {
  sheets_.clear();
  choose(0);
}

void ObservedSamples::choose(int sheet) {
  sheet_ = static_cast<std::size_t>(std::max(sheet, 0));
  steps_.clear();
  taken_.clear();
  least_ = std::numeric_limits<double>::infinity();
  most_ = -least_;
}

void ObservedSamples::grow(const RunData& data, QComboBox& box) {
  findSheets(data);
  offerSheets(data, box);
  if (const int chosen = std::max(box.currentIndex(), 0); chosen != static_cast<int>(sheet_))
    choose(chosen);
  if (sheet_ >= sheets_.size()) return;
  taken_.resize(sheets_[sheet_].size(), 0);
  for (std::size_t track = 0; track < taken_.size(); ++track) take(track);
}

void ObservedSamples::findSheets(const RunData& data) {
  std::vector<Tracks> sheets;
  for (const ObservedTrack* track : tracksOf(data, series_)) {
    const auto fits = std::find_if(sheets.begin(), sheets.end(), [track](const Tracks& sheet) {
      return !isMatrix(*track) && sheet.front()->shape == track->shape;
    });
    if (fits == sheets.end())
      sheets.push_back({track});
    else
      fits->push_back(track);
  }
  if (sheets == sheets_) return;
  sheets_ = std::move(sheets);  // a track came: the samples are counted anew
  choose(static_cast<int>(sheet_));
}

void ObservedSamples::take(std::size_t track) {
  const ObservedTrack& from = *sheets_[sheet_][track];
  const Column& steps = from.x.in(XUnit::step);
  for (std::size_t& row = taken_[track]; row < steps.size(); ++row) {
    const auto place = std::lower_bound(steps_.begin(), steps_.end(), steps[row]);
    if (place == steps_.end() || *place != steps[row]) steps_.insert(place, steps[row]);
    for (const Column& entry : from.entries) {
      if (!std::isfinite(entry[row])) continue;
      least_ = std::min(least_, entry[row]);
      most_ = std::max(most_, entry[row]);
    }
  }
}

void ObservedSamples::offerSheets(const RunData& data, QComboBox& box) const {
  QStringList names, offered;
  for (const Tracks& sheet : sheets_) {
    const ObservedTrack& first = *sheet.front();
    names << (sheet.size() == 1
                  ? trackName(data, first)
                  : QObject::tr("%1 of %2").arg(series_.name).arg(first.entries.size()));
  }
  for (int i = 0; i < box.count(); ++i) offered << box.itemText(i);
  if (offered == names) return;
  const QSignalBlocker blocker(box);
  const QString chosen = box.currentText();
  box.clear();
  box.addItems(names);
  box.setCurrentIndex(std::max(static_cast<int>(names.indexOf(chosen)), 0));
  box.setVisible(names.size() > 1);
}

std::int64_t ObservedSamples::stepOf(int sample) const {
  return std::llround(steps_[static_cast<std::size_t>(sample)]);
}

std::size_t ObservedSamples::width() const {
  const ObservedTrack& first = *sheets_[sheet_].front();
  return isMatrix(first) ? static_cast<std::size_t>(first.shape.back()) : first.entries.size();
}

ObservedSamples::Row ObservedSamples::rowAt(int row) const {
  const Tracks& tracks = sheets_[sheet_];
  const auto at = static_cast<std::size_t>(row);
  if (isMatrix(*tracks.front())) return {tracks.front(), at * width()};
  return {tracks[at], 0};
}

QStringList ObservedSamples::rowNames(const RunData& data) const {
  QStringList names;
  if (sheet_ >= sheets_.size()) return names;
  const ObservedTrack& first = *sheets_[sheet_].front();
  if (!isMatrix(first)) {
    for (const ObservedTrack* track : sheets_[sheet_]) names << trackName(data, *track);
    return names;
  }
  // Dimensions before the last count the rows together.
  ObservedTrack rows{first.name, first.task, first.place, first.shape, {}, {}};
  rows.shape.pop_back();
  const std::size_t count = width() == 0 ? 0 : first.entries.size() / width();
  for (std::size_t row = 0; row < count; ++row) names << entryName(data, series_, rows, row);
  return names;
}

QStringList ObservedSamples::columnNames(const RunData& data) const {
  QStringList names;
  if (sheet_ >= sheets_.size()) return names;
  const ObservedTrack& first = *sheets_[sheet_].front();
  if (first.shape.empty()) return {series_.name};
  for (std::size_t column = 0; column < width(); ++column)
    names << indexName(data, series_, first.shape.size() - 1, width(), column);
  return names;
}

double ObservedSamples::value(int sample, int row, int column) const {
  const auto [track, first] = rowAt(row);
  const Column& steps = track->x.in(XUnit::step);
  const double step = steps_[static_cast<std::size_t>(sample)];
  const auto found = std::lower_bound(steps.begin(), steps.end(), step);
  if (found == steps.end() || *found != step) return std::nan("");
  return track->entries[first + static_cast<std::size_t>(column)]
                       [static_cast<std::size_t>(found - steps.begin())];
}

int ObservedSamples::colourOf(int row) const {
  const ObservedTrack* track = rowAt(row).track;
  return isMatrix(*track) || track->task < 0 ? row : track->task;
}

QString ObservedSamples::remark(const RunData& data, int sample) const {
  return QObject::tr("step %1 (%2 of %3), %4")
      .arg(widgets::countText(stepOf(sample)), widgets::countText(sample + 1),
           widgets::countText(count()), observedText(data));
}

std::vector<Series> ObservedSamples::allSeries(const RunData& data, XUnit unit) const {
  std::vector<Series> out;
  for (const ObservedTrack* track : tracksOf(data, series_))
    for (std::size_t entry = 0; entry < track->entries.size(); ++entry) {
      const QString name = entryName(data, series_, *track, entry);
      out.push_back({name.isEmpty() ? trackName(data, *track)
                                    : QString("%1: %2").arg(trackName(data, *track), name),
                     toText(unit), track->x.in(unit), track->entries[entry],
                     static_cast<int>(out.size())});
    }
  return out;
}

}  // namespace eq::widgets
