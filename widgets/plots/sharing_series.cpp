#include "widgets/plots/sharing_series.h"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <string>

#include <QCollator>
#include <QObject>

#include "core/model/catalog.h"
#include "widgets/plots/architecture_plot.h"
#include "widgets/plots/tree_samples.h"
#include "widgets/style/typed_number.h"

namespace eq::widgets {
namespace {

/// In the order of Picture.
constexpr std::array<const char*, 6> kPictureIds{"areas",  "lines", "bars",
                                                 "matrix", "masks", "curve"};
/// Recorded only where a parameter of the same models asks for it.
constexpr const char* kOfRegularisers = "distance";

std::optional<Picture> pictureOf(const std::string& id) {
  const auto found = std::find(kPictureIds.begin(), kPictureIds.end(), id);
  if (found == kPictureIds.end()) return std::nullopt;
  return static_cast<Picture>(found - kPictureIds.begin());
}

Picture pictureOf(const ObservedTrack& track) {
  if (track.shape.size() > 1) return Picture::matrix;
  return track.shape.empty() ? Picture::lines : Picture::bars;
}

nlohmann::json describedSeries(const Descriptor& model) {
  return model.traits.value("series", nlohmann::json::array());
}

const ObservedTrack* firstOf(const RunData& data, const QString& name) {
  for (const ObservedTrack& track : data.observed())
    if (track.name == name) return &track;
  return nullptr;
}

SharingSeries seriesFrom(const nlohmann::json& described, const ObservedTrack& track) {
  SharingSeries out{track.name,
                    pictureOf(described.value("draw", "")).value_or(pictureOf(track)),
                    QString::fromStdString(described.value("label", "")),
                    {}};
  for (const auto& axis : described.value("axes", std::vector<std::string>()))
    out.axes << QString::fromStdString(axis);
  out.across = QString::fromStdString(described.value("across", ""));
  if (out.label.isEmpty()) out.label = out.title();
  return out;
}

/// Whether it does so without being asked by a parameter.
bool recordsItself(const Descriptor& model) {
  const auto series = describedSeries(model);
  return std::any_of(series.begin(), series.end(),
                     [](const auto& one) { return one.value("series", "") != kOfRegularisers; });
}

bool isRegularised(const train::Experiment& experiment) {
  const auto found = experiment.model.params.find("regularisers");
  return found != experiment.model.params.end() && !found->empty();
}

QString recordingModels() {
  QStringList titles;
  for (const Descriptor* model : model::catalog().descriptors())
    if (recordsItself(*model)) titles << QString::fromStdString(model->title);
  return titles.join(", ");
}

}  // namespace

QString SharingSeries::title() const {
  QString words = name;
  words.replace('_', ' ');
  if (picture == Picture::masks) words += QObject::tr(" overlap");
  if (picture == Picture::curve) words += QObject::tr(" curve");
  return words.left(1).toUpper() + words.mid(1);
}

std::vector<SharingSeries> recordedSeries(const RunData& data) {
  std::vector<SharingSeries> out;
  const auto known = [&out](const QString& name) {
    return std::any_of(out.begin(), out.end(),
                       [&name](const SharingSeries& one) { return one.name == name; });
  };
  if (ArchitecturePlot::any(data)) out.push_back({"architecture", Picture::architecture, {}, {}});
  const auto& id = data.experiment().model.id;
  if (model::catalog().contains(id)) {
    if (model::catalog().descriptor(id).traits.value("tree", false) && TreeSamples::any(data))
      out.push_back({"tree", Picture::tree, {}, {}});
    for (const auto& described : describedSeries(model::catalog().descriptor(id))) {
      const auto name = QString::fromStdString(described.value("series", ""));
      if (const auto* track = firstOf(data, name)) out.push_back(seriesFrom(described, *track));
    }
  }
  for (const ObservedTrack& track : data.observed())
    if (!known(track.name)) out.push_back(seriesFrom(nlohmann::json::object(), track));
  return out;
}

std::vector<const ObservedTrack*> tracksOf(const RunData& data, const SharingSeries& series) {
  std::vector<const ObservedTrack*> out;
  for (const ObservedTrack& track : data.observed())
    if (track.name == series.name) out.push_back(&track);
  QCollator order;
  order.setNumericMode(true);
  std::stable_sort(out.begin(), out.end(), [&](const auto* one, const auto* other) {
    const auto task = [](const ObservedTrack& track) {
      return track.task < 0 ? std::numeric_limits<int>::max() : track.task;
    };
    if (task(*one) != task(*other)) return task(*one) < task(*other);
    return order.compare(one->place, other->place) < 0;
  });
  return out;
}

QString trackName(const RunData& data, const ObservedTrack& track) {
  if (track.task < 0)
    return track.place.isEmpty() ? track.name : QString("%1 %2").arg(track.name, track.place);
  const QString task = track.task < data.taskCount() ? data.taskName(track.task)
                                                     : QObject::tr("task %1").arg(track.task);
  return track.place.isEmpty() ? task : QString("%1, %2").arg(task, track.place);
}

QString indexName(const RunData& data, const SharingSeries& series, std::size_t dimension,
                  std::size_t size, std::size_t index) {
  const auto at = static_cast<int>(index);
  const QString axis = series.axes.value(static_cast<qsizetype>(dimension));
  if (axis == "task" && static_cast<int>(size) == data.taskCount()) return data.taskName(at);
  return axis.isEmpty() ? QString::number(at) : QString("%1 %2").arg(axis).arg(at);
}

QString entryName(const RunData& data, const SharingSeries& series, const ObservedTrack& track,
                  std::size_t entry) {
  QStringList parts;
  for (std::size_t dimension = track.shape.size(); dimension-- > 0;) {
    const auto size = static_cast<std::size_t>(track.shape[dimension]);
    parts.prepend(indexName(data, series, dimension, size, entry % size));
    entry /= size;
  }
  return parts.join(", ");
}

QString observedText(const RunData& data) {
  const auto every = data.experiment().observe.every;
  if (every == 0) return QObject::tr("no longer observed");
  return every == 1 ? QObject::tr("every step")
                    : QObject::tr("every %1 steps").arg(widgets::countText(every));
}

QString sharingHint(const RunData& data) {
  if (!data.observed().empty() || !data.penalties().empty()) return {};
  if (data.isImported())
    return QObject::tr("The program that made this run recorded nothing of its model.");
  const auto& experiment = data.experiment();
  const bool known = model::catalog().contains(experiment.model.id);
  const QString title =
      known ? QString::fromStdString(model::catalog().descriptor(experiment.model.id).title)
            : QObject::tr("The model");
  if (!known || (!recordsItself(model::catalog().descriptor(experiment.model.id)) &&
                 !isRegularised(experiment))) {
    if (ArchitecturePlot::any(data))
      return QObject::tr(
                 "While it trains, %1 records nothing more of what its tasks share. Models with "
                 "gates, branches or masks do, and any model with regularisers.")
          .arg(title);
    return QObject::tr(
               "%1 records nothing of what its tasks share. These do: %2; and any model with "
               "regularisers. observe.every sets at which steps.")
        .arg(title, recordingModels());
  }
  const auto every = experiment.observe.every;
  if (every == 0)
    return QObject::tr(
               "%1 is not observed: observe.every is 0. Set it to the number of steps from one "
               "observation to the next.")
        .arg(title);
  return QObject::tr("What %1 records of itself appears here, %2 (observe.every).")
      .arg(title, observedText(data));
}

}  // namespace eq::widgets
