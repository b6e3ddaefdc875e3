#include "widgets/plots/parting_list.h"

#include <filesystem>

#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QPushButton>
#include <QSignalBlocker>
#include <QTreeWidget>
#include <QVBoxLayout>

#include "core/train/parting/parting.h"
#include "widgets/plots/conflict_lines.h"
#include "widgets/plots/fork_action.h"
#include "widgets/plots/plot_link.h"
#include "widgets/style/plain_text.h"
#include "widgets/style/table_copy.h"
#include "widgets/style/theme.h"
#include "widgets/style/typed_number.h"
#include "widgets/style/view_hint.h"

namespace eq::widgets {
namespace {

constexpr std::size_t kNewestSamples = 20;  // samples that the order is of
enum PartingColumn { kLayer, kCosine, kConflicts, kLowestCosine, kPair };

QString hintOf(const RunData& data) {
  if (!data.experiment().conflict.layers)
    return PartingList::tr(
        "In which layers the tasks disagree is not measured. Tick Layers of the conflict "
        "measurement; a sampled step then takes longer.");
  return PartingList::tr("The layers appear with the first sample, %1.")
      .arg(data.experiment().conflict.every == 1
               ? PartingList::tr("every step")
               : PartingList::tr("every %1 steps")
                     .arg(widgets::countText(data.experiment().conflict.every)));
}

}  // namespace

PartingList::PartingList(const RunData& data, PlotLink& link, QWidget* parent)
    : QWidget(parent),
      data_(data),
      link_(link),
      heading_(new QLabel(this)),
      list_(new QTreeWidget(this)),
      split_(new QPushButton(tr("&Split this layer by task…"), this)),
      remark_(new QLabel(this)) {
  setAccessibleName(tr("Who could part here?"));
  list_->setHeaderLabels(
      {tr("Layer"), tr("Mean cosine"), tr("In conflict"), tr("Lowest"), tr("Pair")});
  list_->setRootIsDecorated(false);
  list_->setUniformRowHeights(true);
  list_->setAccessibleName(tr("Layers by conflict"));
  list_->header()->setSectionResizeMode(QHeaderView::ResizeToContents);
  new TableCopy(*list_, tr("Layers by conflict"));
  hint_ = new ViewHint(list_, hintOf(data));
  remark_->setTextFormat(Qt::PlainText);
  remark_->setWordWrap(true);
  remark_->setForegroundRole(QPalette::PlaceholderText);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(4, 2, 4, 4);
  layout->addWidget(heading_);
  layout->addWidget(list_, 1);
  auto* row = new QHBoxLayout;
  row->addWidget(split_);
  row->addWidget(remark_, 1);
  layout->addLayout(row);
  connect(list_, &QTreeWidget::currentItemChanged, this, &PartingList::offer);
  connect(split_, &QPushButton::clicked, this, &PartingList::split);
  connect(&data, &RunData::restarted, this, [this] {
    seen_ = 0;
    follow();
  });
  for (const auto changed : {&RunData::changed, &RunData::experimentChanged})
    connect(&data, changed, this, &PartingList::follow);
  connect(&link, &PlotLink::runsChanged, this, &PartingList::offer);
}

void PartingList::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  follow();
}

/// Lists the layers anew where there are further samples; the one that is chosen stays.
void PartingList::follow() {
  if (!isVisible() || (seen_ > 0 && seen_ == data_.conflicts().size())) return;
  seen_ = data_.conflicts().size();
  std::size_t samples = kNewestSamples;
  const auto layers = layersByConflict(data_, samples);
  hint_->setText(hintOf(data_));
  heading_->setText(samples == 0 ? tr("Who could part here?")
                                 : tr("Who could part here? Mean of %1 samples").arg(samples));
  const auto former = chosen();
  {
    const QSignalBlocker blocker(list_);
    list_->clear();
    for (const LayerStrife& one : layers) {
      auto* item = new QTreeWidgetItem(list_);
      item->setText(kLayer, shownName(one.layer));
      item->setData(kLayer, Qt::UserRole, QString::fromStdString(one.layer));
      item->setText(kCosine, fixedText(one.cosine, 2));
      item->setText(kConflicts, tr("%1 %").arg(fixedText(100 * one.conflicts, 0)));
      item->setText(kLowestCosine, fixedText(one.worst, 2));
      item->setText(kPair, tr("%1 – %2").arg(data_.taskName(one.between.first),
                                             data_.taskName(one.between.second)));
      for (const int column : {kCosine, kConflicts, kLowestCosine})
        item->setTextAlignment(column, Qt::AlignRight | Qt::AlignVCenter);
      if (one.layer == former || !list_->currentItem()) list_->setCurrentItem(item);
    }
  }
  offer();
}

std::string PartingList::chosen() const {
  const auto* item = list_->currentItem();
  return item ? item->data(kLayer, Qt::UserRole).toString().toStdString() : std::string();
}

std::vector<std::string> PartingList::taskNames() const {
  std::vector<std::string> names;
  for (const TaskInfo& task : data_.tasks()) names.push_back(task.name);
  return names;
}

QString PartingList::remark() const {
  const auto layer = chosen();
  if (layer.empty()) return {};
  if (recordedFocus(link_).empty()) return tr("The run is not recorded here.");
  const auto obstacle = train::obstacleToParting(data_.experiment(), data_.tasks().size(), layer);
  if (!obstacle.empty()) return tr("It cannot be split: %1.").arg(shownName(obstacle));
  return tr(
      "A new run: a copy of this layer and of those behind it for each task, with the parameters "
      "of the newest checkpoint. Optimizer, sampler and balancer begin anew.");
}

void PartingList::offer() {
  const auto layer = chosen();
  split_->setEnabled(
      !layer.empty() && !recordedFocus(link_).empty() &&
      train::obstacleToParting(data_.experiment(), data_.tasks().size(), layer).empty());
  remark_->setText(remark());
}

void PartingList::split() {
  const auto layer = chosen();
  const auto folder = recordedFocus(link_);
  if (layer.empty() || folder.empty()) return;
  emit link_.experimentProposed(
      train::partedAt(data_.experiment(), taskNames(), layer,
                      std::filesystem::absolute(folder).string()),
      tr("%1 is split by task: Start begins the run with the parameters of %2.")
          .arg(shownName(layer), shownName(folder.filename().string())));
}

}  // namespace eq::widgets
