#include "widgets/predictions/example_pictures.h"

#include <algorithm>
#include <cmath>

#include <QPainter>
#include <QPainterPath>

namespace eq::widgets {
namespace {

constexpr std::int64_t kFewNumbers = 8;  // that can be read; more are a line

struct Range {
  double low = 0, high = 0;
};

Range rangeOf(const std::vector<double>& values) {
  Range range;
  bool any = false;
  for (const double value : values) {
    if (!std::isfinite(value)) continue;
    range.low = any ? std::min(range.low, value) : value;
    range.high = any ? std::max(range.high, value) : value;
    any = true;
  }
  return range;
}

double placeIn(const Range& range, double value) {
  return range.high > range.low ? (value - range.low) / (range.high - range.low) : 0.5;
}

}  // namespace

InputLook inputLookOf(const std::vector<std::int64_t>& shape, bool named) {
  if (shape.size() == 3) return InputLook::picture;
  if (named || shape.size() != 1 || shape[0] <= kFewNumbers) return InputLook::text;
  return InputLook::series;
}

QImage pictureOf(const std::vector<std::int64_t>& shape, const std::vector<double>& values) {
  const auto channels = shape[0];
  const auto pixels = shape[1] * shape[2];
  const auto range = rangeOf(values);
  const auto level = [&](double value) {
    return std::isfinite(value) ? static_cast<int>(std::lround(255 * placeIn(range, value))) : 0;
  };
  QImage image(static_cast<int>(shape[2]), static_cast<int>(shape[1]), QImage::Format_RGB32);
  for (std::int64_t i = 0; i < pixels; ++i) {
    const auto at = [&](std::int64_t channel) {
      return values[static_cast<std::size_t>(channel * pixels + i)];
    };
    double sum = 0;
    for (std::int64_t channel = 0; channel < channels; ++channel) sum += at(channel);
    const int grey = level(sum / static_cast<double>(channels));
    const auto colour =
        channels == 3 ? qRgb(level(at(0)), level(at(1)), level(at(2))) : qRgb(grey, grey, grey);
    image.setPixel(static_cast<int>(i % shape[2]), static_cast<int>(i / shape[2]), colour);
  }
  return image;
}

QPixmap atWholeScale(const QImage& image, int side) {
  const int longer = std::max({1, image.width(), image.height()});
  if (longer <= side) {
    const int times = std::max(1, side / longer);
    return QPixmap::fromImage(image.scaled(image.width() * times, image.height() * times));
  }
  const int part = (longer + side - 1) / side;
  return QPixmap::fromImage(image.scaled(std::max(1, image.width() / part),
                                         std::max(1, image.height() / part), Qt::IgnoreAspectRatio,
                                         Qt::SmoothTransformation));
}

QPixmap lineOf(const std::vector<double>& values, const QSize& size, const QPalette& palette) {
  QPixmap pixmap(size);
  pixmap.fill(Qt::transparent);
  QPainter painter(&pixmap);
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(QPen(palette.color(QPalette::Text), 1));
  const auto range = rangeOf(values);
  QPainterPath line;
  bool begins = true;  // after what is not finite as well
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i])) {
      begins = true;
      continue;
    }
    const double across =
        values.size() > 1 ? static_cast<double>(i) / static_cast<double>(values.size() - 1) : 0.5;
    const QPointF point(1 + across * (size.width() - 2),
                        1 + (1 - placeIn(range, values[i])) * (size.height() - 2));
    begins ? line.moveTo(point) : line.lineTo(point);
    begins = false;
  }
  painter.drawPath(line);
  return pixmap;
}

}  // namespace eq::widgets
