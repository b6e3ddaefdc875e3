#include "widgets/plots/pairs_model.h"

#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include "widgets/style/plain_text.h"
#include "widgets/style/typed_number.h"

namespace eq::widgets {
namespace {

constexpr double kLast = std::numeric_limits<double>::infinity();  // what sorts behind all numbers

Column rowOf(const ConflictTrack& track, int pair, double mean, double whole, double half) {
  const std::size_t newest = track.share.size() - 1;
  const auto value = [&](PairQuantity quantity) { return track.pairValue(quantity, pair, newest); };
  return {0,
          mean,
          100 * whole,
          100 * half,
          value(PairQuantity::cosine),
          value(PairQuantity::angle),
          value(PairQuantity::magnitudeSimilarity),
          value(PairQuantity::curvature)};
}

int digitsOf(int column) {
  const bool percent = column == PairsModel::kFrequency || column == PairsModel::kLastHalf;
  return percent || column == PairsModel::kAngle ? 0 : 2;
}

}  // namespace

PairsModel::PairsModel(const RunData& data, QObject* parent)
    : QAbstractTableModel(parent), data_(data) {
  refresh();
}

void PairsModel::refresh() {
  const auto& track = data_.newestConflictTrack();
  std::vector<Column> fresh;
  if (!track.share.empty()) {
    const auto means = track.meanCosines(), whole = track.frequencies(),
               half = track.lastHalfFrequencies();
    for (int pair = 0; pair < data_.pairCount(); ++pair) {
      const auto [a, b] = data_.pairTasks(pair);
      fresh.push_back(rowOf(track, pair, means(a, b), whole(a, b), half(a, b)));
    }
  }
  const bool same = fresh.size() == values_.size();
  if (!same) beginResetModel();
  values_ = std::move(fresh);
  if (!same) return endResetModel();
  if (!values_.empty()) emit dataChanged(index(0, 0), index(rowCount() - 1, kColumns - 1));
}

int PairsModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(values_.size());
}

int PairsModel::columnCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : kColumns;
}

QString PairsModel::nameOf(int pair) const {
  const auto [a, b] = data_.pairTasks(pair);
  return tr("%1 – %2").arg(data_.taskName(a), data_.taskName(b));
}

QVariant PairsModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid() || index.row() >= data_.pairCount()) return {};
  const int column = index.column();
  const double value =
      values_[static_cast<std::size_t>(index.row())][static_cast<std::size_t>(column)];
  if (role == Qt::ToolTipRole) return plainToolTip(nameOf(index.row()));
  if (column == kPair) {
    if (role == Qt::DisplayRole || role == Qt::UserRole) return nameOf(index.row());
    return {};
  }
  if (role == Qt::UserRole) return std::isnan(value) ? kLast : value;
  if (role == Qt::TextAlignmentRole) return static_cast<int>(Qt::AlignRight | Qt::AlignVCenter);
  if (role != Qt::DisplayRole) return {};
  if (std::isnan(value)) return QString("–");
  const QString text = fixedText(value, digitsOf(column));
  return column == kFrequency || column == kLastHalf ? tr("%1 %").arg(text)
         : column == kAngle                          ? text + "°"
                                                     : text;
}

QVariant PairsModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation != Qt::Horizontal) return {};
  static const std::array<std::pair<const char*, const char*>, kColumns> kTitles{{
      {QT_TR_NOOP("Pair"), QT_TR_NOOP("Two tasks")},
      {QT_TR_NOOP("Mean cos"), QT_TR_NOOP("Mean cosine of their gradients over all samples")},
      {QT_TR_NOOP("Conflict"), QT_TR_NOOP("Share of the samples with a cosine below 0")},
      {QT_TR_NOOP("last half"), QT_TR_NOOP("The same over the last half of the samples")},
      {QT_TR_NOOP("cos"), QT_TR_NOOP("Cosine at the newest sample")},
      {QT_TR_NOOP("Angle"), QT_TR_NOOP("Angle at the newest sample")},
      {QT_TR_NOOP("Magn. sim."),
       QT_TR_NOOP("Magnitude similarity at the newest sample: 1 where both norms are equal")},
      {QT_TR_NOOP("Curvature"),
       QT_TR_NOOP("Curvature bound at the newest sample: above 1 the pair conflicts")},
  }};
  const auto& [title, tip] = kTitles.at(static_cast<std::size_t>(section));
  if (role == Qt::DisplayRole) return tr(title);
  if (role == Qt::ToolTipRole) return tr(tip);
  return {};
}

}  // namespace eq::widgets
