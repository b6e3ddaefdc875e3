#include "widgets/plots/observed_plot.h"

#include <algorithm>

#include <QComboBox>
#include <QSignalBlocker>

#include "widgets/style/plain_text.h"

namespace eq::widgets {
namespace {

constexpr int kAreaColours = 8;  // after which they begin again, with other dashes at the edge

}  // namespace

ObservedPlot::ObservedPlot(const SharingSeries& series, const RunData& data, PlotLink& link,
                           QWidget* parent)
    : TimePlot(series.title(), data, link, parent), series_(series), track_(new QComboBox(this)) {
  track_->setAccessibleName(tr("Which of several"));
  track_->setToolTip(tr("All of them, each with axes of its own, or one"));
  track_->setVisible(false);
  addControl(track_);
  connect(track_, &QComboBox::currentIndexChanged, this, &ObservedPlot::startAgain);
}

/// All of them where they have room, then each.
void ObservedPlot::offerTracks() {
  const auto tracks = tracksOf(data(), series_);
  QStringList names;
  if (tracks.size() <= kMostPanes) names << tr("All");
  for (const ObservedTrack* track : tracks) names << trackName(data(), *track);
  QStringList offered;
  for (int i = 0; i < track_->count(); ++i) offered << track_->itemText(i);
  if (offered == names) return;
  const QSignalBlocker blocker(track_);
  const QString chosen = track_->currentText();
  track_->clear();
  track_->addItems(names);
  track_->setCurrentIndex(std::max(static_cast<int>(names.indexOf(chosen)), 0));
  track_->setVisible(tracks.size() > 1 && tracks.front()->entries.size() > 1);
}

void ObservedPlot::grow() {
  offerTracks();
  TimePlot::grow();
}

bool ObservedPlot::isSplit() const {
  const auto tracks = tracksOf(data(), series_);
  const bool single = std::all_of(tracks.begin(), tracks.end(),
                                  [](const auto* track) { return track->entries.size() == 1; });
  return tracks.size() > 1 && (!single || series_.picture == Picture::areas);
}

bool ObservedPlot::isOfFocusAlone() const {
  return isSplit() || series_.picture == Picture::areas;
}

std::vector<LineSpec> ObservedPlot::linesOf(const RunData& run, const ObservedTrack& track,
                                            std::optional<int> pane) const {
  std::vector<LineSpec> out;
  std::vector<const Column*> under;
  for (std::size_t entry = 0; entry < track.entries.size(); ++entry) {
    LineSpec line{entryName(run, series_, track, entry), static_cast<int>(entry), &track.x,
                  &track.entries[entry]};
    line.entry = line.name;
    line.pane = pane;
    if (pane) line.name = tr("%1: %2").arg(trackName(run, track), line.name);
    if (series_.picture == Picture::areas) {
      line.area = true;
      line.under = under;
      line.dashes = line.colour / kAreaColours;
      under.push_back(line.y);
    }
    out.push_back(std::move(line));
  }
  return out;
}

std::vector<LineSpec> ObservedPlot::lines(const RunData& run) const {
  const auto tracks = tracksOf(run, series_);
  std::vector<LineSpec> out;
  if (!isSplit() && tracks.size() > 1) {  // a number of each
    for (std::size_t i = 0; i < tracks.size(); ++i)
      if (tracks[i]->entries.size() == 1)
        out.push_back({trackName(run, *tracks[i]), static_cast<int>(i), &tracks[i]->x,
                       &tracks[i]->entries[0]});
    return out;
  }
  const bool all = tracks.size() > 1 && tracks.size() <= kMostPanes && track_->currentIndex() <= 0;
  for (std::size_t i = 0; i < tracks.size(); ++i) {
    if (!all && tracks.size() > 1 && trackName(run, *tracks[i]) != track_->currentText()) continue;
    for (LineSpec& line :
         linesOf(run, *tracks[i], all ? std::optional(static_cast<int>(i)) : std::nullopt))
      out.push_back(std::move(line));
  }
  if (out.size() == 1 && out[0].name.isEmpty()) out[0].name = series_.title();
  return out;
}

QString ObservedPlot::taskLabel(int task) const {
  const auto tracks = tracksOf(data(), series_);
  const auto at = static_cast<std::size_t>(task);
  return at < tracks.size() ? trackName(data(), *tracks[at]) : QString();
}

QString ObservedPlot::note() const {
  QStringList out;
  if (!drawnLines().empty() && drawnLines().front()->spec().pane) out << series_.label;
  out << observedText(data());
  if (isOfFocusAlone() && link().runs() && link().runs()->runs().size() > 1)
    out << tr("of the run in focus alone");
  return out.join(", ");
}

/// Shares make a whole, those of several rows one each.
std::optional<PlotLine::Extent> ObservedPlot::fixedExtent(std::optional<int>) const {
  if (series_.picture != Picture::areas) return std::nullopt;
  double wholes = 1;
  for (const ObservedTrack* track : tracksOf(data(), series_))
    if (track->shape.size() > 1) wholes = std::max(wholes, static_cast<double>(track->shape[0]));
  return PlotLine::Extent{0, wholes};
}

QString ObservedPlot::emptyText(const RunData& run) const {
  return tracksOf(run, series_).empty() ? tr("Nothing of this was observed yet.") : QString();
}

PenaltiesPlot::PenaltiesPlot(const RunData& data, PlotLink& link, QWidget* parent)
    : TimePlot(tr("Penalties"), data, link, parent) {}

std::vector<LineSpec> PenaltiesPlot::lines(const RunData& run) const {
  std::vector<LineSpec> out;
  for (const TermTrack& term : run.penalties())
    out.push_back({term.name, static_cast<int>(out.size()), &term.track.x, &term.track.y,
                   LineSpec::Look::smoothed});
  return out;
}

QString PenaltiesPlot::yLabel() const {
  return tr("Penalty of the model, added to the losses");
}

QString PenaltiesPlot::emptyText(const RunData& run) const {
  return run.penalties().empty() ? tr("The model has no penalty.") : QString();
}

}  // namespace eq::widgets
