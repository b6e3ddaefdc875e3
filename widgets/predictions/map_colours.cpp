#include "widgets/predictions/map_colours.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include <QCoreApplication>

namespace eq::widgets {
namespace {

constexpr double kDegrees = 180 / 3.14159265358979323846;
constexpr int kColoursOfTasks = 8;
/// Viridis (Smith and van der Walt, 2015) at nine even places.
constexpr std::array<QRgb, 9> kViridis = {0xff440154, 0xff472d7b, 0xff3b528b,
                                          0xff2c728e, 0xff21918c, 0xff28ae80,
                                          0xff5ec962, 0xffaddc30, 0xfffde725};

QString words(const char* text) {
  return QCoreApplication::translate("MapPictures", text);
}

QString unitText(double value, const TaskInfo& task) {
  const auto number = QString::number(value, 'g', 3);
  return task.unit.empty() ? number : number + ' ' + QString::fromStdString(task.unit);
}

/// A picture of `height` x `width`, each pixel by its place.
template <typename ColourAt>
QImage painted(const TaskInfo& task, const ColourAt& colourAt) {
  QImage image(static_cast<int>(task.imageShape[1]), static_cast<int>(task.imageShape[0]),
               QImage::Format_ARGB32);
  for (int y = 0; y < image.height(); ++y)
    for (int x = 0; x < image.width(); ++x) {
      const QColor colour = colourAt(static_cast<std::size_t>(y * image.width() + x));
      image.setPixel(x, y, colour.isValid() ? colour.rgba() : qRgba(0, 0, 0, 0));
    }
  return image;
}

struct Extent {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  void take(const std::vector<double>& values) {
    for (const double value : values) {
      if (!std::isfinite(value)) continue;
      low = std::min(low, value);
      high = std::max(high, value);
    }
  }
  double amount(double value) const { return high > low ? (value - low) / (high - low) : 0; }
};

/// Of what is predicted, what is not finite stands out.
QColor orAlarm(double value, Theme theme, const QColor& colour) {
  return std::isfinite(value) ? colour : plotColours(theme).alarm;
}

/// \param counted whether there is a target.
QColor errorColour(double error, double largest, bool counted, Theme theme) {
  if (!counted) return {};
  if (!std::isfinite(error)) return plotColours(theme).alarm;
  return heatColour(theme, largest > 0 ? error / largest : 0);
}

MapPictures drawClasses(const TaskInfo& task, const std::vector<double>& target,
                        const std::vector<double>& prediction, Theme theme) {
  const auto number = [](double value) { return static_cast<std::int64_t>(value); };
  const auto grey = plotColours(theme).grid;
  return {
      painted(task,
              [&](std::size_t i) {
                return std::isfinite(target[i]) ? classColour(theme, number(target[i])) : QColor();
              }),
      painted(task,
              [&](std::size_t i) {
                return orAlarm(
                    prediction[i], theme,
                    classColour(theme, std::isfinite(prediction[i]) ? number(prediction[i]) : 0));
              }),
      painted(task,
              [&](std::size_t i) {
                if (!std::isfinite(target[i])) return QColor();
                return target[i] == prediction[i] ? grey : plotColours(theme).alarm;
              }),
      words("A colour a class; errors: wrong pixels")};
}

MapPictures drawNumbers(const TaskInfo& task, const std::vector<double>& target,
                        const std::vector<double>& prediction, Theme theme) {
  Extent extent;
  extent.take(target);
  extent.take(prediction);
  std::vector<double> errors(target.size());
  for (std::size_t i = 0; i < errors.size(); ++i) errors[i] = std::abs(target[i] - prediction[i]);
  Extent ofErrors;
  ofErrors.take(errors);
  const double largest = std::max(0.0, ofErrors.high);
  const auto coloured = [&](double value) { return depthColour(extent.amount(value)); };
  return {
      painted(
          task,
          [&](std::size_t i) { return std::isfinite(target[i]) ? coloured(target[i]) : QColor(); }),
      painted(
          task,
          [&](std::size_t i) { return orAlarm(prediction[i], theme, coloured(prediction[i])); }),
      painted(task,
              [&](std::size_t i) {
                return errorColour(errors[i], largest, std::isfinite(target[i]), theme);
              }),
      words("%1 (dark) to %2 (bright); errors up to %3")
          .arg(unitText(extent.low, task), unitText(extent.high, task), unitText(largest, task))};
}

MapPictures drawNormals(const TaskInfo& task, const std::vector<double>& target,
                        const std::vector<double>& prediction, Theme theme) {
  const auto pixels = target.size() / 3;
  struct Vector {
    double of[3];
  };
  const auto at = [pixels](const std::vector<double>& map, std::size_t i) {
    return Vector{{map[i], map[pixels + i], map[2 * pixels + i]}};
  };
  const auto colour = [](const Vector& vector) {
    const double length = std::hypot(vector.of[0], vector.of[1], vector.of[2]);
    if (!(length > 0) || !std::isfinite(length)) return QColor();
    return normalColour(vector.of[0] / length, vector.of[1] / length, vector.of[2] / length);
  };
  std::vector<double> errors(pixels);
  for (std::size_t i = 0; i < pixels; ++i)
    errors[i] = degreesBetween(at(target, i).of, at(prediction, i).of);
  Extent extent;
  extent.take(errors);
  const double largest = std::max(0.0, extent.high);
  return {
      painted(task, [&](std::size_t i) { return colour(at(target, i)); }),
      painted(task,
              [&](std::size_t i) {
                const auto vector = at(prediction, i);
                return orAlarm(vector.of[0] + vector.of[1] + vector.of[2], theme, colour(vector));
              }),
      painted(task,
              [&](std::size_t i) {
                const bool counted = colour(at(target, i)).isValid();
                return errorColour(errors[i], largest, counted, theme);
              }),
      words("x, y, z in red, green, blue; errors up to %1°").arg(QString::number(largest, 'g', 3))};
}

}  // namespace

MapKind mapKindOf(const TaskInfo& task, std::size_t numbers) {
  if (task.imageShape.size() != 2 || task.imageShape[0] <= 0 || task.imageShape[1] <= 0)
    return MapKind::none;
  const auto pixels = static_cast<std::size_t>(task.imageShape[0] * task.imageShape[1]);
  if (task.kind == TaskKind::segmentation)
    return numbers == pixels ? MapKind::classes : MapKind::none;
  if (task.kind != TaskKind::regression) return MapKind::none;
  if (numbers == pixels) return MapKind::numbers;
  return numbers == 3 * pixels ? MapKind::normals : MapKind::none;
}

MapPictures drawMaps(const TaskInfo& task, const std::vector<double>& target,
                     const std::vector<double>& prediction, Theme theme) {
  switch (mapKindOf(task, target.size())) {
    case MapKind::classes:
      return drawClasses(task, target, prediction, theme);
    case MapKind::normals:
      return drawNormals(task, target, prediction, theme);
    default:
      return drawNumbers(task, target, prediction, theme);
  }
}

QColor classColour(Theme theme, std::int64_t number) {
  const auto colour = taskColour(theme, static_cast<int>(number % kColoursOfTasks));
  const auto round = static_cast<int>(number / kColoursOfTasks);
  if (round == 0) return colour;
  // Lighter and darker in turn, so that no two of up to forty are the same.
  return round % 2 == 1 ? colour.lighter(120 + 25 * round) : colour.darker(120 + 25 * round);
}

QColor depthColour(double amount) {
  if (!std::isfinite(amount)) return {};
  const double place = std::clamp(amount, 0.0, 1.0) * (kViridis.size() - 1);
  const auto before = std::min(static_cast<std::size_t>(place), kViridis.size() - 2);
  const double rest = place - static_cast<double>(before);
  const auto mixed = [rest](int one, int other) {
    return static_cast<int>(std::lround(one + rest * (other - one)));
  };
  const QRgb one = kViridis[before], other = kViridis[before + 1];
  return {mixed(qRed(one), qRed(other)), mixed(qGreen(one), qGreen(other)),
          mixed(qBlue(one), qBlue(other))};
}

QColor normalColour(double x, double y, double z) {
  const auto channel = [](double value) {
    return static_cast<int>(std::lround(255 * std::clamp((value + 1) / 2, 0.0, 1.0)));
  };
  return {channel(x), channel(y), channel(z)};
}

double degreesBetween(const double (&one)[3], const double (&other)[3]) {
  const auto length = [](const double(&vector)[3]) {
    return std::hypot(vector[0], vector[1], vector[2]);
  };
  const double lengths = length(one) * length(other);
  if (!(lengths > 0)) return std::numeric_limits<double>::quiet_NaN();
  const double cosine = (one[0] * other[0] + one[1] * other[1] + one[2] * other[2]) / lengths;
  return std::acos(std::clamp(cosine, -1.0, 1.0)) * kDegrees;
}

}  // namespace eq::widgets
