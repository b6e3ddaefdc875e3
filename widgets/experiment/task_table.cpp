#include "widgets/experiment/task_table.h"

#include <algorithm>

#include <QEvent>
#include <QHeaderView>
#include <QPainter>
#include <QPixmap>
#include <QSignalBlocker>

#include "core/train/method_text.h"
#include "widgets/style/plain_text.h"
#include "widgets/style/theme.h"
#include "widgets/style/typed_number.h"

namespace eq::widgets {
namespace {

enum TaskColumn { kTask, kLoss, kWeight, kTaskColumns };

constexpr int kMostRows = 10;      // without scrolling
constexpr int kRowMargin = 8;      // logical pixels
constexpr int kLongestInRow = 18;  // characters of a name

}  // namespace

TaskTable::TaskTable(QWidget* parent) : QTableWidget(0, kTaskColumns, parent) {
  setAccessibleName(tr("Tasks"));
  setHorizontalHeaderLabels({tr("Task"), tr("Loss"), tr("Weight")});
  verticalHeader()->hide();
  verticalHeader()->setDefaultSectionSize(fontMetrics().height() + kRowMargin);
  horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
  horizontalHeader()->setSectionResizeMode(kTask, QHeaderView::ResizeToContents);
  horizontalHeader()->setSectionResizeMode(kLoss, QHeaderView::Stretch);
  horizontalHeader()->setSectionResizeMode(kWeight, QHeaderView::ResizeToContents);
  setSelectionBehavior(QAbstractItemView::SelectRows);
  setSelectionMode(QAbstractItemView::SingleSelection);
  setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  setTabKeyNavigation(false);
  setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
  connect(this, &QTableWidget::currentCellChanged, this, [this](int row, int, int before) {
    if (row >= 0 && row != before) emit taskChosen(row);
  });
  connect(this, &QTableWidget::itemChanged, this, [this](const QTableWidgetItem* item) {
    if (item->column() == kTask) emit switched(item->row(), item->checkState() == Qt::Checked);
  });
}

void TaskTable::setLocked(bool locked) {
  const QSignalBlocker blocker(this);
  locked_ = locked;
  for (int row = 0; row < rowCount(); ++row) {
    auto* first = item(row, kTask);
    first->setFlags(first->flags().setFlag(Qt::ItemIsUserCheckable, !locked_));
  }
}

void TaskTable::showTasks(const std::vector<train::TaskSpec>& tasks, const QStringList& problems) {
  const QSignalBlocker blocker(this);
  setRowCount(static_cast<int>(tasks.size()));
  for (int row = 0; row < rowCount(); ++row)
    showTask(row, tasks[static_cast<size_t>(row)], problems.value(row));
  if (currentRow() < 0 && rowCount() > 0) setTask(0);
  showColours();
  updateGeometry();
}

QTableWidgetItem& TaskTable::cell(int row, int column, const QString& text,
                                  const QString& toolTip) {
  if (!item(row, column)) {
    auto* made = new QTableWidgetItem;
    made->setFlags(Qt::ItemIsSelectable | Qt::ItemIsEnabled);
    setItem(row, column, made);
  }
  auto& found = *item(row, column);
  found.setText(text);
  found.setToolTip(plainToolTip(toolTip));
  return found;
}

void TaskTable::showTask(int row, const train::TaskSpec& task, const QString& problem) {
  const auto name = shownName(task.name);
  auto& first = cell(row, kTask, shortName(name, kLongestInRow), name);
  first.setFlags(first.flags().setFlag(Qt::ItemIsUserCheckable, !locked_));
  first.setCheckState(task.enabled ? Qt::Checked : Qt::Unchecked);
  const auto loss = QString::fromStdString(train::inWords(task.loss));
  if (problem.isEmpty())
    cell(row, kLoss, loss, loss);
  else
    cell(row, kLoss, "⚠ " + loss, tr("In force: %1\n%2").arg(loss, problem));
  cell(row, kWeight, shortText(task.weight), {});
}

void TaskTable::showColours() {
  for (int row = 0; row < rowCount(); ++row) {
    QPixmap pixmap(QSize(16, 12) * devicePixelRatioF());
    pixmap.setDevicePixelRatio(devicePixelRatioF());
    pixmap.fill(palette().color(QPalette::Base));  // seen on the highlighted row too
    QPainter painter(&pixmap);
    painter.setPen(taskPen(themeOf(*this), row, 3));
    painter.drawLine(0, 6, 16, 6);
    painter.end();
    item(row, kTask)->setIcon(pixmap);
  }
}

void TaskTable::changeEvent(QEvent* event) {
  QTableWidget::changeEvent(event);
  const QSignalBlocker blocker(this);
  if (event->type() == QEvent::PaletteChange) showColours();
}

QSize TaskTable::sizeHint() const {
  const int rows = std::min(rowCount(), kMostRows);
  const int height = horizontalHeader()->sizeHint().height() + 2 * frameWidth() +
                     rows * verticalHeader()->defaultSectionSize();
  return {QTableWidget::sizeHint().width(), height};
}

}  // namespace eq::widgets
