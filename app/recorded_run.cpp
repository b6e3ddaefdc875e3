#include "app/recorded_run.h"

#include <limits>

#include <QMessageBox>
#include <QPushButton>

#include "core/train/replay.h"
#include "widgets/experiment/experiment_panel.h"
#include "widgets/plots/plot_link.h"
#include "widgets/session/run_data.h"
#include "widgets/style/typed_number.h"

namespace eq::app {

using namespace widgets;
using train::Experiment;

RecordedRun::RecordedRun(ExperimentPanel& panel, RunData& data, PlotLink& link, QObject* parent)
    : QObject(parent), panel_(panel), data_(data), link_(link) {
  connect(&link_, &PlotLink::cursorChanged, this, [this] {
    if (open_) show();
  });
  connect(&panel_, &ExperimentPanel::copyAsBegunRequested, this, [this] { edit(asBegun()); });
  connect(&panel_, &ExperimentPanel::copyAsShownRequested, this, [this] {
    edit(train::inForceAt(data_.experiment(), data_.events(), step()).experiment);
  });
}

void RecordedRun::open(const QString& name) {
  open_ = true;
  name_ = name;
  panel_.open(asBegun(), data_.tasks());
  show();
}

Experiment RecordedRun::asBegun() const {
  return data_.experiment();
}

Experiment RecordedRun::asEnded() const {
  return train::inForceAt(data_.experiment(), data_.events(),
                          std::numeric_limits<std::int64_t>::max())
      .experiment;
}

/// That of the cursor, else the last one.
std::int64_t RecordedRun::step() const {
  const auto& steps = data_.x(XUnit::step);
  if (steps.empty()) return 0;
  const auto cursor = link_.cursor();
  const auto row = cursor ? data_.rowAt(*cursor, link_.unit()) : steps.size() - 1;
  return row ? static_cast<std::int64_t>(steps[*row]) : 0;
}

void RecordedRun::show() {
  // The data may be those of another run already, which is shown in a moment.
  if (panel_.experiment().tasks.size() != data_.experiment().tasks.size()) return;
  const auto at = step();
  const auto inForce = train::inForceAt(data_.experiment(), data_.events(), at);
  auto text = tr("As at step %1 of the run %2. What is marked differs from its beginning.")
                  .arg(countText(at), name_);
  for (const auto& change : inForce.leftOut)
    text += tr(" Not shown: %1").arg(QString::fromStdString(change));
  panel_.showRecord(inForce.experiment, asBegun(), text);
}

void RecordedRun::edit(const Experiment& experiment) {
  close();
  panel_.open(experiment, data_.tasks());
}

void RecordedRun::start(QWidget* parent,
                        const std::function<void(const Experiment&)>& start) const {
  const auto begun = asBegun(), ended = asEnded();
  if (begun == ended) return start(begun);
  auto* box = new QMessageBox(QMessageBox::Question, tr("Start a new run"),
                              tr("The run %1 was changed while it trained. Which of its states "
                                 "does the new run start with?")
                                  .arg(name_),
                              QMessageBox::Cancel, parent);
  box->setTextFormat(Qt::PlainText);
  box->setAttribute(Qt::WA_DeleteOnClose);
  auto* asBegun = box->addButton(tr("As it &began"), QMessageBox::AcceptRole);
  auto* asEnded = box->addButton(tr("As it &ended"), QMessageBox::AcceptRole);
  box->setDefaultButton(asEnded);
  connect(asBegun, &QPushButton::clicked, box, [start, begun] { start(begun); });
  connect(asEnded, &QPushButton::clicked, box, [start, ended] { start(ended); });
  box->open();
}

}  // namespace eq::app
