#include "widgets/plots/pareto_page.h"

#include <algorithm>
#include <cmath>

#include <QBoxLayout>
#include <QGridLayout>
#include <QLabel>
#include <QPushButton>
#include <QScrollArea>

#include "core/run/run_values.h"
#include "widgets/plots/pareto_plot.h"
#include "widgets/plots/preference_field.h"
#include "widgets/style/elided_label.h"
#include "widgets/style/plain_text.h"
#include "widgets/style/typed_number.h"

namespace eq::widgets {
namespace {

constexpr int kMostLines = 6;  // tasks; of more the list is scrolled
constexpr int kShareDigits = 2;

QString valueText(double value) {
  return std::isnan(value) ? ParetoPage::tr("none") : QString::number(value, 'g', 4);
}

/// "accuracy 0.91 · loss 0.3": a task's first metric, its loss, then the others.
QString metricsText(const std::map<std::string, double>& metrics, const std::string& first) {
  QStringList texts;
  const auto add = [&](const std::string& id) {
    if (const auto found = metrics.find(id); found != metrics.end())
      texts << QString("%1 %2").arg(QString::fromStdString(id), valueText(found->second));
  };
  add(first);
  if (first != "loss") add("loss");
  for (const auto& [id, value] : metrics)
    if (id != first && id != "loss") add(id);
  return texts.join(" · ");
}

}  // namespace

ParetoPage::ParetoPage(const RunData& data, PlotLink& link, QWidget* parent)
    : QWidget(parent),
      data_(data),
      plot_(new ParetoPlot(data, link, this)),
      bar_(new QWidget(this)) {
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(0);
  layout->addWidget(plot_, 1);
  layout->addWidget(bar_);
  makeBar();
  connect(plot_, &ParetoPlot::preferenceChosen, this, &ParetoPage::setPreference);
  connect(&data, &RunData::restarted, this, &ParetoPage::follow);
  connect(&data, &RunData::experimentChanged, this, &ParetoPage::follow);
  follow();
}

void ParetoPage::makeBar() {
  arrangement_ = new QBoxLayout(QBoxLayout::TopToBottom, bar_);
  arrangement_->setContentsMargins(8, 2, 8, 4);
  preference_ = new PreferenceField(bar_);
  connect(preference_, &PreferenceField::edited, this, [this] {
    tellPreference();
    emit wantedChanged();
  });
  arrangement_->addWidget(preference_);
  auto* right = new QVBoxLayout;
  right->setSpacing(2);
  lines_ = new QGridLayout;
  lines_->setContentsMargins(0, 0, 0, 0);
  lines_->setVerticalSpacing(0);
  auto* list = new QWidget(bar_);
  list->setLayout(lines_);
  area_ = new QScrollArea(bar_);
  area_->setFrameShape(QFrame::NoFrame);
  area_->setWidgetResizable(true);
  area_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  area_->setFocusPolicy(Qt::NoFocus);
  area_->setWidget(list);
  right->addWidget(area_);
  auto* foot = new QHBoxLayout;
  words_ = new ElidedLabel(bar_);
  words_->setForegroundRole(QPalette::PlaceholderText);
  export_ = new QPushButton(tr("Export a model here…"), bar_);
  export_->setToolTip(
      tr("Write the plain model of this preference, which runs without the method, as a file"));
  connect(export_, &QPushButton::clicked, this,
          [this] { emit exportRequested(preference_->preference()); });
  foot->addWidget(words_, 1);
  foot->addWidget(export_);
  right->addLayout(foot);
  arrangement_->addLayout(right, 1);
}

bool ParetoPage::hasFront() const {
  return !data_.experiment().pareto.id.empty() && data_.taskCount() > 1;
}

void ParetoPage::follow() {
  QStringList tasks;
  for (int task = 0; hasFront() && task < data_.taskCount(); ++task) tasks << data_.taskName(task);
  bar_->setVisible(!tasks.isEmpty());
  clearLook();
  if (tasks != tasks_) {
    tasks_ = tasks;
    makeLines();
  }
  emit wantedChanged();
}

void ParetoPage::makeLines() {
  for (int i = lines_->count(); i-- > 0;) delete lines_->itemAt(i)->widget();
  values_.clear();
  if (tasks_.isEmpty()) return;
  for (int task = 0; task < tasks_.size(); ++task) {
    auto* name = new QLabel(bar_);
    name->setTextFormat(Qt::PlainText);
    values_.push_back(new ElidedLabel(bar_));
    lines_->addWidget(name, task, 0);
    lines_->addWidget(values_.back(), task, 1);
  }
  lines_->setColumnStretch(1, 1);
  preference_->setTasks(tasks_);
  arrangement_->setDirection(preference_->isTriangle() ? QBoxLayout::LeftToRight
                                                       : QBoxLayout::TopToBottom);
  const int line = fontMetrics().height() + 1;
  area_->setFixedHeight(line * std::min(kMostLines, static_cast<int>(tasks_.size())));
  tellPreference();
}

void ParetoPage::clearLook() {
  plot_->setModel(std::nullopt);
  for (ElidedLabel* one : values_) one->clear();
  words_->setText(tr("Looking at the model of the preference …"));
}

/// Behind each task's name.
void ParetoPage::tellPreference() {
  const auto& preference = preference_->preference();
  for (int task = 0; task < static_cast<int>(values_.size()); ++task)
    if (auto* name = qobject_cast<QLabel*>(lines_->itemAtPosition(task, 0)->widget()))
      name->setText(
          tr("%1  %2").arg(shortName(tasks_[task], kNameInBox),
                           fixedText(preference[static_cast<std::size_t>(task)], kShareDigits)));
}

std::optional<train::FrontLookRequest> ParetoPage::wanted() const {
  if (!isVisible() || !hasFront()) return std::nullopt;
  train::FrontLookRequest request;
  request.preference = preference_->preference();
  return request;
}

void ParetoPage::setPreference(const std::vector<double>& preference) {
  preference_->setPreference(preference);
  tellPreference();
  emit wantedChanged();
}

void ParetoPage::showLook(const train::FrontLook& look) {
  if (look.tasks.size() != values_.size()) return;  // of the run before
  plot_->setModel(look);
  const auto first = run::mainMetrics(data_.experiment());
  for (std::size_t task = 0; task < values_.size(); ++task)
    values_[task]->setText(metricsText(look.tasks[task], first[task]));
  const QString part = look.examples < look.of
                           ? tr("%1 of %2 validation examples, drawn once")
                                 .arg(countText(look.examples), countText(look.of))
                           : tr("all %1 validation examples").arg(countText(look.of));
  words_->setText(
      tr("The ringed point: the model at step %1, on %2").arg(countText(look.step), part));
}

void ParetoPage::showProblem(const QString& problem) {
  clearLook();
  words_->setText(problem);
}

QString ParetoPage::words() const {
  return words_->text();
}

void ParetoPage::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  emit wantedChanged();
}

void ParetoPage::hideEvent(QHideEvent* event) {
  QWidget::hideEvent(event);
  emit wantedChanged();
}

}  // namespace eq::widgets
