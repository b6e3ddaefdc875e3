#include "widgets/predictions/work_bar.h"

#include <QHBoxLayout>
#include <QProgressBar>
#include <QToolButton>

namespace eq::widgets {

WorkBar::WorkBar(QWidget* parent) : QWidget(parent), bar_(new QProgressBar(this)) {
  bar_->setAccessibleName(tr("Progress of the evaluation"));
  bar_->setMaximumHeight(bar_->fontMetrics().height() + 6);
  auto* cancel = new QToolButton(this);
  cancel->setText(tr("Cancel"));
  cancel->setAccessibleName(tr("Cancel the evaluation"));
  connect(cancel, &QToolButton::clicked, this, &WorkBar::cancelled);
  auto* layout = new QHBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->addWidget(bar_, 1);
  layout->addWidget(cancel);
  hide();
}

void WorkBar::begin() {
  bar_->setRange(0, 0);
  bar_->setFormat(tr("Reading data and model"));
  show();
}

void WorkBar::setProgress(int done, int all) {
  bar_->setRange(0, all);
  bar_->setValue(done);
  bar_->setFormat(tr("%1 of %2 examples").arg(done).arg(all));
}

}  // namespace eq::widgets
