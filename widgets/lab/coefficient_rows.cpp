#include "widgets/lab/coefficient_rows.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <QCheckBox>
#include <QEvent>
#include <QGridLayout>
#include <QLabel>
#include <QPainter>
#include <QSignalBlocker>
#include <QSlider>
#include <QVBoxLayout>

#include "widgets/style/number_boxes.h"
#include "widgets/style/plain_text.h"
#include "widgets/style/theme.h"

namespace eq::widgets {
namespace {

constexpr double kSteps = 100;                    // of a slider, from 0 to 1
constexpr double kLeast = -1, kMost = 2;          // of a slider
constexpr double kLeastTyped = -10, kBound = 10;  // of the method
constexpr int kSwatch = 12;                       // pixels

int stepOf(double value) {
  return static_cast<int>(std::lround(kSteps * std::clamp(value, kLeast, kMost)));
}

QPixmap swatch(const QColor& colour) {
  QPixmap pixmap(kSwatch, kSwatch);
  pixmap.fill(Qt::transparent);
  QPainter painter(&pixmap);
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(Qt::NoPen);
  painter.setBrush(colour);
  painter.drawRoundedRect(pixmap.rect(), 3, 3);
  return pixmap;
}

}  // namespace

// --- A slider and its number

CoefficientSlider::CoefficientSlider(QWidget& parent, const QString& name, double first)
    : QObject(&parent),
      first_(first),
      value_(first),
      slider_(new QSlider(Qt::Horizontal, &parent)),
      box_(new NumberBox(&parent)) {
  slider_->setRange(stepOf(kLeast), stepOf(kMost));
  slider_->setTickPosition(QSlider::TicksBelow);
  slider_->setTickInterval(stepOf(1));
  slider_->setPageStep(stepOf(0.1));
  slider_->setMinimumWidth(110);
  slider_->setToolTip(tr("From −1 to 2, with marks at 0 and 1; a double click brings %1 back")
                          .arg(shortText(first)));
  box_->setRange(kLeastTyped, kBound);
  box_->setSingleStep(0.05);
  slider_->setAccessibleName(name);
  box_->setAccessibleName(tr("%1 as a number").arg(name));
  slider_->installEventFilter(this);
  show(first);
  connect(slider_, &QSlider::valueChanged, this, [this](int step) { take(step / kSteps); });
  connect(box_, &NumberBox::valueChanged, this, &CoefficientSlider::take);
}

void CoefficientSlider::show(double value) {
  const QSignalBlocker quietSlider(slider_), quietBox(box_);
  value_ = value;
  slider_->setValue(stepOf(value));
  box_->setValue(value);
}

void CoefficientSlider::setEnabled(bool enabled) {
  slider_->setEnabled(enabled);
  box_->setEnabled(enabled);
}

void CoefficientSlider::take(double value) {
  if (value == value_) return;
  show(value);
  emit moved();
}

bool CoefficientSlider::eventFilter(QObject* watched, QEvent* event) {
  if (event->type() == QEvent::Wheel) {  // scrolling must not change what lies under the mouse
    event->ignore();
    return true;
  }
  if (event->type() != QEvent::MouseButtonDblClick) return QObject::eventFilter(watched, event);
  take(first_);
  return true;
}

// --- The rows

CoefficientRows::CoefficientRows(QWidget* parent) : QWidget(parent) {
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  setRows({}, 0);
}

void CoefficientRows::setRows(const std::vector<Row>& rows, double first) {
  delete content_;
  experts_.clear();
  content_ = new QWidget(this);
  layout()->addWidget(content_);
  grid_ = new QGridLayout(content_);
  grid_->setContentsMargins(0, 0, 0, 0);
  grid_->setHorizontalSpacing(6);
  grid_->setVerticalSpacing(2);
  grid_->setColumnStretch(2, 1);
  addAll(first);
  for (std::size_t k = 0; k < rows.size(); ++k) addExpert(static_cast<int>(k), rows[k], first);
  content_->setVisible(!rows.empty());
  showAll();
  takeColours();
}

void CoefficientRows::place(int row, QWidget* colour, QWidget* name,
                            const CoefficientSlider& lambda) {
  if (colour) grid_->addWidget(colour, row, 0);
  grid_->addWidget(name, row, 1);
  grid_->addWidget(&lambda.slider(), row, 2);
  grid_->addWidget(&lambda.box(), row, 3);
}

void CoefficientRows::connectLambda(const CoefficientSlider& lambda) {
  connect(&lambda.slider(), &QSlider::sliderReleased, this, &CoefficientRows::released);
}

void CoefficientRows::addAll(double first) {
  allName_ = new QLabel(content_);
  all_ = new CoefficientSlider(*content_, tr("λ of all experts"), first);
  place(0, nullptr, allName_, *all_);
  connectLambda(*all_);
  connect(all_, &CoefficientSlider::moved, this, &CoefficientRows::moveAll);
}

void CoefficientRows::addExpert(int index, const Row& row, double first) {
  auto* name = new QCheckBox(menuText(shortName(row.name, kNameInBox)), content_);
  name->setChecked(true);
  name->setToolTip(plainToolTip(row.tip));
  name->setAccessibleName(tr("Add %1").arg(row.name));
  Expert expert{new QLabel(content_), name,
                new CoefficientSlider(*content_, tr("λ of %1").arg(row.name), first)};
  place(index + 1, expert.colour, name, *expert.lambda);
  connectLambda(*expert.lambda);
  connect(expert.lambda, &CoefficientSlider::moved, this, [this] {
    showAll();
    emit changed();
  });
  connect(name, &QCheckBox::toggled, this, [this, lambda = expert.lambda](bool added) {
    lambda->setEnabled(added);
    showAll();
    emit changed();
  });
  experts_.push_back(expert);
}

void CoefficientRows::moveAll() {
  for (const auto& expert : experts_)
    if (expert.name->isChecked()) expert.lambda->show(all_->value());
  showAll();
  emit changed();
}

void CoefficientRows::showAll() {
  std::vector<double> added;
  for (const auto& expert : experts_)
    if (expert.name->isChecked()) added.push_back(expert.lambda->value());
  all_->setEnabled(!added.empty());
  if (added.empty()) return;
  const bool agree = std::ranges::all_of(added, [&](double one) { return one == added[0]; });
  const double sum = std::accumulate(added.begin(), added.end(), 0.0);
  all_->show(agree ? added[0] : sum / static_cast<double>(added.size()));
  allName_->setText(agree ? tr("λ of all") : tr("λ of all (mean)"));
  allName_->setToolTip(tr("Moves the λ of every expert that is added to one value"));
}

std::vector<double> CoefficientRows::coefficients() const {
  std::vector<double> all;
  for (const auto& expert : experts_)
    all.push_back(expert.name->isChecked() ? expert.lambda->value() : 0);
  return all;
}

bool CoefficientRows::isHeld() const {
  return all_->slider().isSliderDown() || std::ranges::any_of(experts_, [](const Expert& expert) {
           return expert.lambda->slider().isSliderDown();
         });
}

void CoefficientRows::takeColours() {
  for (std::size_t k = 0; k < experts_.size(); ++k)
    experts_[k].colour->setPixmap(swatch(taskColour(themeOf(*this), static_cast<int>(k))));
}

void CoefficientRows::changeEvent(QEvent* event) {
  QWidget::changeEvent(event);
  if (event->type() == QEvent::PaletteChange) takeColours();
}

}  // namespace eq::widgets
