#include "app/replay_bar.h"

#include <QHBoxLayout>
#include <QProgressBar>
#include <QPushButton>

#include "widgets/session/session.h"
#include "widgets/style/elided_label.h"
#include "widgets/style/typed_number.h"

namespace eq::app {
namespace {

constexpr int kParts = 1000;

}  // namespace

ReplayBar::ReplayBar(widgets::Session& session, QWidget* parent)
    : QFrame(parent), text_(new widgets::ElidedLabel(this)), progress_(new QProgressBar(this)) {
  setFrameShape(QFrame::StyledPanel);
  setAutoFillBackground(true);
  setBackgroundRole(QPalette::AlternateBase);
  text_->setAccessibleName(tr("How far the fork is"));
  progress_->setRange(0, kParts);
  progress_->setTextVisible(false);
  auto* cancel = new QPushButton(tr("Cancel the fork"), this);
  cancel->setToolTip(tr("Nothing is made then"));
  connect(cancel, &QPushButton::clicked, &session, &widgets::Session::stop);
  auto* layout = new QHBoxLayout(this);
  layout->setContentsMargins(10, 4, 6, 4);
  layout->addWidget(text_, 1);
  layout->addWidget(progress_, 1);
  layout->addWidget(cancel);
  hide();
  connect(&session, &widgets::Session::replayed, this, &ReplayBar::show);
  connect(&session, &widgets::Session::stateChanged, this, [this](widgets::SessionState state) {
    if (state != widgets::SessionState::preparing) hide();
  });
}

void ReplayBar::show(qint64 step, qint64 last) {
  text_->setText(tr("The fork makes step %1 of %2 again.")
                     .arg(widgets::countText(step), widgets::countText(last)));
  progress_->setValue(static_cast<int>(kParts * step / std::max<qint64>(last, 1)));
  setVisible(true);
}

}  // namespace eq::app
