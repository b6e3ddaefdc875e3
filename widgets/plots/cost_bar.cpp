#include "widgets/plots/cost_bar.h"

#include <set>

#include <QDoubleSpinBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QSettings>
#include <QTimer>
#include <QToolButton>

#include "core/base/number_text.h"
#include "widgets/session/measuring_cost.h"
#include "widgets/style/plain_text.h"
#include "widgets/style/typed_number.h"

namespace eq::widgets {
namespace {

constexpr const char* kBudgetSetting = "conflict/budget";
constexpr double kStandardBudget = 10;  // percent
constexpr int kBetweenLooks = 500;      // ms
constexpr int kCostDigits = 2;

QString millisecondsText(double seconds) {
  if (seconds >= 1) return CostBar::tr("%1 s").arg(fixedText(seconds, 1));
  const double number = 1000 * seconds;
  return CostBar::tr("%1 ms").arg(number >= 10
                                      ? fixedText(number, 0)
                                      : QString::fromStdString(numberText(number, kCostDigits)));
}

QString shareText(double share) {
  return CostBar::tr("%1 %").arg(fixedText(100 * share, 1));
}

bool goesOn(const RunData& data) {
  static const std::set<std::string> kBegins{"started", "resumed"},
      kEnds{"finished", "stopped", "failed"};
  for (auto event = data.events().rbegin(); event != data.events().rend(); ++event) {
    if (kBegins.contains(event->kind)) return true;
    if (kEnds.contains(event->kind)) return false;
  }
  return true;
}

}  // namespace

CostBar::CostBar(const RunData& data, QWidget* parent)
    : QWidget(parent),
      data_(data),
      words_(new QLabel(this)),
      budget_(new QDoubleSpinBox(this)),
      rarer_(new QToolButton(this)),
      later_(new QTimer(this)) {
  words_->setTextFormat(Qt::PlainText);
  words_->setForegroundRole(QPalette::PlaceholderText);
  words_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
  budget_->setAccessibleName(tr("Budget of sampling"));
  budget_->setToolTip(tr("How much longer sampling may make a step on the mean; 0: no limit"));
  budget_->setRange(0, 1000);
  budget_->setDecimals(1);
  budget_->setSuffix(tr(" %"));
  budget_->setValue(QSettings().value(kBudgetSetting, kStandardBudget).toDouble());
  rarer_->setAutoRaise(false);
  auto* layout = new QHBoxLayout(this);
  layout->setContentsMargins(8, 2, 8, 2);
  layout->addWidget(words_, 1);
  layout->addWidget(rarer_);
  layout->addWidget(new QLabel(tr("Budget"), this));
  layout->addWidget(budget_);
  later_->setSingleShot(true);
  later_->setInterval(kBetweenLooks);
  connect(later_, &QTimer::timeout, this, &CostBar::refresh);
  connect(&data, &RunData::changed, this, &CostBar::refreshLater);
  connect(&data, &RunData::experimentChanged, this, &CostBar::refresh);
  connect(&data, &RunData::restarted, this, &CostBar::refresh);
  connect(budget_, &QDoubleSpinBox::valueChanged, this, [this](double percent) {
    QSettings().setValue(kBudgetSetting, percent);
    refresh();
  });
  connect(rarer_, &QToolButton::clicked, this,
          [this] { emit samplingRequested(conflict_, affinity_); });
  refresh();
}

QString CostBar::words() const {
  return words_->text();
}

double CostBar::budget() const {
  return budget_->value() / 100;
}

void CostBar::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  refresh();
}

void CostBar::refreshLater() {
  if (isVisible() && !later_->isActive()) later_->start();
}

void CostBar::refresh() {
  rarer_->hide();
  const auto& experiment = data_.experiment();
  QStringList parts;
  double share = 0;
  const auto add = [&](Sampled what, std::int64_t every, const QString& words) {
    const auto cost = measuringCost(data_, what);
    if (!cost || (cost->together && !parts.isEmpty())) return;
    share += cost->share;
    parts << words.arg(millisecondsText(cost->seconds)).arg(every).arg(shareText(cost->share));
    if (cost->together) parts.back() += tr(", looking ahead included");
  };
  add(Sampled::conflict, experiment.conflict.every,
      tr("A sampled step takes %1 longer: every %2 steps adds %3 to their time"));
  add(Sampled::affinity, experiment.affinity.every,
      parts.isEmpty() ? tr("Looking ahead takes %1: every %2 steps adds %3 to their time")
                      : tr("looking ahead takes %1: every %2 steps adds %3"));
  if (parts.isEmpty())
    parts << (experiment.conflict.every == 1
                  ? tr("Every step is sampled: what that costs shows where some are not.")
                  : tr("What sampling costs is shown here when some steps were sampled."));
  words_->setText(parts.join("; "));
  words_->setToolTip(plainToolTip(words_->text()));
  if (budget() > 0 && share > budget()) offer(share);
}

/// So rare samples that the budget is kept, of both kinds by the same factor.
void CostBar::offer(double share) {
  const auto& experiment = data_.experiment();
  conflict_ = experiment.conflict;
  affinity_ = experiment.affinity;
  conflict_.every = everyWithin(conflict_.every, share, budget());
  affinity_.every = everyWithin(affinity_.every, share, budget());
  if (!goesOn(data_) || (conflict_ == experiment.conflict && affinity_ == experiment.affinity))
    return;
  rarer_->setText(buttonText());
  rarer_->setToolTip(
      tr("Above the budget: sample so rarely that it is kept. The run records it as "
         "a change of yours, and no step of the training changes."));
  rarer_->show();
}

QString CostBar::buttonText() const {
  if (affinity_.every == 0) return tr("Sample every %1 steps").arg(conflict_.every);
  if (conflict_.every == 0) return tr("Look ahead every %1 steps").arg(affinity_.every);
  return tr("Sample every %1, look ahead every %2 steps").arg(conflict_.every).arg(affinity_.every);
}

}  // namespace eq::widgets
