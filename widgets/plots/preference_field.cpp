#include "widgets/plots/preference_field.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QScrollArea>
#include <QSignalBlocker>
#include <QSlider>
#include <QVBoxLayout>

#include "widgets/plots/preference_triangle.h"
#include "widgets/style/plain_text.h"

namespace eq::widgets {
namespace {

constexpr int kParts = 100;   // of a slider
constexpr int kMostRows = 5;  // sliders; more are scrolled

QLabel* plainLabel(const QString& text, QWidget* parent) {
  auto* label = new QLabel(shortName(text, kNameInBox), parent);
  label->setTextFormat(Qt::PlainText);
  label->setToolTip(plainToolTip(text));
  return label;
}

int partsOf(double share) {
  return static_cast<int>(std::lround(share * kParts));
}

}  // namespace

PreferenceField::PreferenceField(QWidget* parent) : QWidget(parent) {
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
}

void PreferenceField::setTasks(const QStringList& names) {
  delete controls_;
  sliders_.clear();
  triangle_ = nullptr;
  preference_.assign(static_cast<std::size_t>(names.size()),
                     1.0 / static_cast<double>(names.size()));
  controls_ = new QWidget(this);
  layout()->addWidget(controls_);
  if (names.size() == 2)
    makeBetween(names);
  else if (names.size() == 3)
    makeTriangle(names);
  else
    makeSliders(names);
  place();
}

void PreferenceField::setPreference(const std::vector<double>& preference) {
  if (preference.size() != preference_.size()) return;
  preference_ = preference;
  place();
}

QSlider* PreferenceField::makeSlider(const QString& name) {
  auto* slider = new QSlider(Qt::Horizontal, controls_);
  slider->setRange(0, kParts);
  slider->setPageStep(kParts / 10);
  slider->setAccessibleName(name);
  slider->setToolTip(plainToolTip(name));
  sliders_.push_back(slider);
  return slider;
}

/// The first task alone at the left.
void PreferenceField::makeBetween(const QStringList& names) {
  auto* row = new QHBoxLayout(controls_);
  row->setContentsMargins(0, 0, 0, 0);
  auto* slider = makeSlider(tr("Preference, from %1 to %2").arg(names[0], names[1]));
  row->addWidget(plainLabel(names[0], controls_));
  row->addWidget(slider, 1);
  row->addWidget(plainLabel(names[1], controls_));
  connect(slider, &QSlider::valueChanged, this, [this](int value) {
    preference_ = {static_cast<double>(kParts - value) / kParts,
                   static_cast<double>(value) / kParts};
    emit edited();
  });
}

void PreferenceField::makeTriangle(const QStringList& names) {
  auto* row = new QHBoxLayout(controls_);
  row->setContentsMargins(0, 0, 0, 0);
  triangle_ = new PreferenceTriangle(names, controls_);
  row->addWidget(triangle_);
  connect(triangle_, &PreferenceTriangle::edited, this, [this] {
    preference_ = triangle_->preference();
    emit edited();
  });
}

void PreferenceField::makeSliders(const QStringList& names) {
  auto* rows = new QWidget(controls_);
  auto* grid = new QGridLayout(rows);
  grid->setContentsMargins(0, 0, 0, 0);
  grid->setVerticalSpacing(0);
  for (int task = 0; task < names.size(); ++task) {
    auto* slider = makeSlider(tr("Preference for %1").arg(names[task]));
    grid->addWidget(plainLabel(names[task], controls_), task, 0);
    grid->addWidget(slider, task, 1);
    connect(slider, &QSlider::valueChanged, this, [this, task](int value) {
      shareRest(static_cast<std::size_t>(task), static_cast<double>(value) / kParts);
      emit edited();
    });
  }
  auto* area = new QScrollArea(controls_);
  area->setFrameShape(QFrame::NoFrame);
  area->setWidgetResizable(true);
  area->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  area->setFocusPolicy(Qt::NoFocus);
  area->setWidget(rows);
  area->setFixedHeight(rows->sizeHint().height() * std::min<int>(kMostRows, names.size()) /
                       static_cast<int>(names.size()));
  auto* layout = new QVBoxLayout(controls_);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->addWidget(area);
}

void PreferenceField::shareRest(std::size_t moved, double value) {
  const double others =
      std::accumulate(preference_.begin(), preference_.end(), 0.0) - preference_[moved];
  const auto count = static_cast<double>(preference_.size() - 1);
  for (std::size_t k = 0; k < preference_.size(); ++k)
    if (k != moved)
      preference_[k] = others > 0 ? preference_[k] * (1 - value) / others : (1 - value) / count;
  preference_[moved] = value;
  place();
}

void PreferenceField::place() {
  if (triangle_) return triangle_->setPreference(preference_);
  const bool between = sliders_.size() == 1;
  for (std::size_t k = 0; k < sliders_.size(); ++k) {
    const QSignalBlocker blocker(sliders_[k]);
    sliders_[k]->setValue(partsOf(preference_[between ? 1 : k]));
  }
}

}  // namespace eq::widgets
