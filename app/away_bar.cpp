#include "app/away_bar.h"

#include <QHBoxLayout>
#include <QPushButton>

#include "widgets/style/elided_label.h"

namespace eq::app {

AwayBar::AwayBar(QWidget* parent) : QFrame(parent) {
  setFrameShape(QFrame::StyledPanel);
  setAutoFillBackground(true);
  setBackgroundRole(QPalette::AlternateBase);
  text_ = new widgets::ElidedLabel(this);
  text_->setAccessibleName(tr("Which run is shown"));
  auto* back = new QPushButton(tr("Back to the running one"), this);
  back->setToolTip(tr("Show the run that is trained again"));
  connect(back, &QPushButton::clicked, this, &AwayBar::backRequested);
  auto* layout = new QHBoxLayout(this);
  layout->setContentsMargins(10, 4, 6, 4);
  layout->addWidget(text_, 1);
  layout->addWidget(back);
  hide();
}

void AwayBar::show(const QString& shown, const QString& training) {
  text_->setText(tr("Shown: %1. Trained meanwhile: %2.").arg(shown, training));
  setVisible(true);
}

}  // namespace eq::app
