#include "widgets/plots/arrangement.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <QSettings>

namespace eq::widgets {
namespace {

constexpr std::size_t kSizesLookedAt = 256;
constexpr std::array<const char*, 4> kArrangementIds{"automatic", "together", "each", "relative"};

QString settingOf(const QString& title) {
  return "plots/arrangement/" + title.toLower().replace(' ', '-');
}

}  // namespace

double typicalSize(const Column& values) {
  const std::size_t stride = std::max<std::size_t>(values.size() / kSizesLookedAt, 1);
  Column sizes;
  for (std::size_t row = 0; row < values.size(); row += stride)
    if (std::isfinite(values[row])) sizes.push_back(std::abs(values[row]));
  if (sizes.empty()) return 0;
  const auto middle = sizes.begin() + static_cast<std::ptrdiff_t>(sizes.size() / 2);
  std::nth_element(sizes.begin(), middle, sizes.end());
  return *middle;
}

bool areUnlike(const std::vector<double>& sizes) {
  double least = 0, most = 0;
  for (const double size : sizes) {
    if (!(size > 0)) continue;
    least = least > 0 ? std::min(least, size) : size;
    most = std::max(most, size);
  }
  return most > kUnlike * least;
}

double firstSize(const Column& values) {
  const auto first = std::find_if(values.begin(), values.end(),
                                  [](double value) { return std::isfinite(value) && value != 0; });
  return first == values.end() ? 1 : std::abs(*first);
}

Arrangement savedArrangement(const QString& title) {
  const QString id = QSettings().value(settingOf(title)).toString();
  for (std::size_t i = 0; i < kArrangementIds.size(); ++i)
    if (id == kArrangementIds[i]) return static_cast<Arrangement>(i);
  return Arrangement::automatic;
}

void saveArrangement(const QString& title, Arrangement arrangement) {
  QSettings().setValue(settingOf(title), kArrangementIds[static_cast<std::size_t>(arrangement)]);
}

}  // namespace eq::widgets
