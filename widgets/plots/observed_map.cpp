#include "widgets/plots/observed_map.h"

#include <algorithm>
#include <cmath>

#include <QComboBox>

#include "core/base/number_text.h"
#include "widgets/style/typed_number.h"

namespace eq::widgets {
namespace {

constexpr int kDigitsOfCell = 2, kDigitsOfTip = 4;

QString digitsText(double value, int digits) {
  return std::isnan(value) ? QString("–") : QString::fromStdString(numberText(value, digits));
}

}  // namespace

ObservedMap::ObservedMap(const SharingSeries& series, const RunData& data, PlotLink& link,
                         QWidget* parent)
    : SampledMap(series.title(), data, link, parent),
      samples_(series),
      sheet_(new QComboBox(this)) {
  sheet_->setAccessibleName(tr("Which of several"));
  sheet_->setVisible(false);
  addControl(sheet_);
  connect(sheet_, &QComboBox::currentIndexChanged, this, [this](int sheet) {
    samples_.choose(sheet);
    refresh();
  });
}

void ObservedMap::restart() {
  SampledMap::restart();
  samples_.restart();
}

void ObservedMap::grow() {
  samples_.grow(data(), *sheet_);
  SampledMap::grow();
}

QString ObservedMap::hint() const {
  return samples_.count() == 0 ? tr("Nothing of this was observed yet.") : QString();
}

SampledMap::Names ObservedMap::names(int) const {
  return {samples_.rowNames(data()), samples_.columnNames(data())};
}

SampledMap::Scale ObservedMap::scale(int) const {
  const double most = std::max({std::abs(samples_.least()), std::abs(samples_.most()), 1e-12});
  const bool found = std::isfinite(most);
  const double end = found ? most : 1;
  if (found && samples_.least() < 0)
    return {samples_.series().label, -end, end,
            [end](Theme theme, double value) { return cosineColour(theme, value / end); }};
  return {samples_.series().label, 0, end,
          [end](Theme theme, double value) { return heatColour(theme, value / end); }};
}

double ObservedMap::value(int sample, int row, int column) const {
  return samples_.value(sample, row, column);
}

QString ObservedMap::cellText(double value) const {
  return digitsText(value, kDigitsOfCell);
}

QString ObservedMap::remark(int sample) const {
  return samples_.remark(data(), sample);
}

QString ObservedMap::tip(int sample, int row, int column) const {
  return tr("%1\n%2, %3: %4")
      .arg(samples_.series().label, samples_.rowNames(data())[row],
           samples_.columnNames(data())[column],
           digitsText(value(sample, row, column), kDigitsOfTip));
}

std::vector<Series> ObservedMap::series() const {
  return samples_.allSeries(data(), link().unit());
}

}  // namespace eq::widgets
