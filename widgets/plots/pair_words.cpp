#include "widgets/plots/pair_words.h"

#include <cmath>

#include <QObject>
#include <QStringList>

#include "widgets/style/typed_number.h"

namespace eq::widgets {
namespace {

QString knownText(double value, int digits) {
  return std::isnan(value) ? QString("–") : fixedText(value, digits);
}

QString percentText(double share) {
  return std::isnan(share) ? QString("–") : QObject::tr("%1 %").arg(fixedText(100 * share, 0));
}

}  // namespace

QString quantityTitle(PairQuantity quantity) {
  switch (quantity) {
    case PairQuantity::angle:
      return QObject::tr("Angles");
    case PairQuantity::magnitudeSimilarity:
      return QObject::tr("Magnitude similarity");
    case PairQuantity::curvature:
      return QObject::tr("Curvature bound");
    default:
      return QObject::tr("Cosines");
  }
}

QString quantityAxisText(PairQuantity quantity) {
  switch (quantity) {
    case PairQuantity::angle:
      return QObject::tr("Angle (degrees)");
    case PairQuantity::magnitudeSimilarity:
      return QObject::tr("Similarity");
    case PairQuantity::curvature:
      return QObject::tr("Curvature");
    default:
      return QObject::tr("Cosine");
  }
}

PlotLine::Extent quantityExtent(PairQuantity quantity) {
  switch (quantity) {
    case PairQuantity::angle:
      return {0, 180};
    case PairQuantity::magnitudeSimilarity:
      return {0, 1};
    case PairQuantity::curvature:
      return {0, 4};  // (1 - cos)² at most, where both norms are equal
    default:
      return {-1, 1};
  }
}

QString pairTip(const RunData& run, const ConflictTrack& track, std::size_t sample, int pair) {
  const auto [a, b] = run.pairTasks(pair);
  const auto value = [&](PairQuantity quantity) { return track.pairValue(quantity, pair, sample); };
  return QStringList{
      QObject::tr("%1 – %2").arg(run.taskName(a), run.taskName(b)),
      QObject::tr("cosine %1, angle %2°")
          .arg(knownText(value(PairQuantity::cosine), 3), knownText(value(PairQuantity::angle), 1)),
      QObject::tr("magnitude similarity %1")
          .arg(knownText(value(PairQuantity::magnitudeSimilarity), 3)),
      QObject::tr("curvature bound %1").arg(knownText(value(PairQuantity::curvature), 3)),
      QObject::tr("in conflict at %1 of the samples, %2 of their last half")
          .arg(percentText(track.frequencies()(a, b)),
               percentText(track.lastHalfFrequencies()(a, b)))}
      .join('\n');
}

}  // namespace eq::widgets
