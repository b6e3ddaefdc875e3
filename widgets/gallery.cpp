#include "widgets/gallery.h"

#include <algorithm>

#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QPixmap>
#include <QPushButton>
#include <QVBoxLayout>

#include "core/base/error.h"
#include "widgets/theme.h"

namespace eq::widgets {
namespace {

constexpr int kColumns = 3;

struct Sample {
  QString stem;
  train::Experiment experiment;
};

/// Two digits first: it is what a newcomer should start.
int rankOf(const QString& stem) {
  static const QStringList order{"two-digits", "two-valleys", "digit-facts", "scale-imbalance",
                                 "table"};
  const auto rank = order.indexOf(stem);
  return rank < 0 ? static_cast<int>(order.size()) : static_cast<int>(rank);
}

std::vector<Sample> readSamples(const std::filesystem::path& folder) {
  std::vector<Sample> samples;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
    if (entry.path().extension() != ".json") continue;
    try {
      samples.push_back({QString::fromStdString(entry.path().stem().string()),
                         train::readExperiment(entry.path())});
    } catch (const Error& error) {
      qWarning("%s", error.what());
    }
  }
  std::sort(samples.begin(), samples.end(), [](const Sample& a, const Sample& b) {
    return std::pair(rankOf(a.stem), a.stem) < std::pair(rankOf(b.stem), b.stem);
  });
  return samples;
}

}  // namespace

SamplePicture::SamplePicture(const QString& stem, const QString& title, QWidget* parent)
    : QFrame(parent), stem_(stem), title_(title) {
  setMinimumSize(220, 130);
  setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
  setFixedHeight(140);
}

void SamplePicture::paintEvent(QPaintEvent*) {
  const Theme theme = themeOf(*this);
  QPainter painter(this);
  painter.fillRect(rect(), plotColours(theme).background);
  const QPixmap picture(
      QString(":/gallery/%1-%2.png").arg(stem_, theme == Theme::dark ? "dark" : "light"));
  if (picture.isNull()) {
    painter.setPen(plotColours(theme).text);
    painter.drawText(rect(), Qt::AlignCenter, title_);
    return;
  }
  painter.setRenderHint(QPainter::SmoothPixmapTransform);
  const QSize size = picture.size().scaled(rect().size(), Qt::KeepAspectRatio);
  painter.drawPixmap(QRect({(width() - size.width()) / 2, (height() - size.height()) / 2}, size),
                     picture);
}

Gallery::Gallery(const std::filesystem::path& folder, QWidget* parent) : QScrollArea(parent) {
  auto* content = new QWidget;
  auto* layout = new QVBoxLayout(content);
  layout->setContentsMargins(24, 20, 24, 20);
  layout->setSpacing(14);
  auto* title = new QLabel(tr("Start with a sample"), content);
  auto font = title->font();
  font.setPointSizeF(font.pointSizeF() * 1.6);
  font.setBold(true);
  title->setFont(font);
  layout->addWidget(title);
  auto* hint = new QLabel(
      tr("Each trains a network on several tasks at once. While it trains, change losses, weights "
         "and balancers at the left and watch what it does."),
      content);
  hint->setWordWrap(true);
  layout->addWidget(hint);

  auto* grid = new QGridLayout;
  grid->setSpacing(16);
  for (const auto& sample : readSamples(folder)) {
    grid->addWidget(makeCard(sample.experiment, sample.stem), count_ / kColumns, count_ % kColumns);
    ++count_;
  }
  for (int column = 0; column < kColumns; ++column) grid->setColumnStretch(column, 1);
  layout->addLayout(grid);
  if (count_ == 0)
    layout->addWidget(
        new QLabel(tr("No samples were found; open an experiment file instead."), content));
  auto* browse = new QPushButton(tr("Open an experiment or a run…"), content);
  connect(browse, &QPushButton::clicked, this, &Gallery::browseRequested);
  layout->addWidget(browse, 0, Qt::AlignLeft);
  layout->addStretch(1);
  setWidget(content);
  setWidgetResizable(true);
  setFrameShape(QFrame::NoFrame);
}

QWidget* Gallery::makeCard(const train::Experiment& experiment, const QString& stem) {
  const auto name = QString::fromStdString(experiment.name);
  auto* card = new QFrame;
  card->setFrameShape(QFrame::StyledPanel);
  card->setAutoFillBackground(true);
  card->setBackgroundRole(QPalette::Base);
  auto* title = new QLabel(name, card);
  auto font = title->font();
  font.setBold(true);
  font.setPointSizeF(font.pointSizeF() * 1.15);
  title->setFont(font);
  auto* text = new QLabel(QString::fromStdString(experiment.description), card);
  text->setWordWrap(true);
  text->setAlignment(Qt::AlignTop | Qt::AlignLeft);
  auto* start = new QPushButton(tr("Start"), card);
  start->setDefault(true);
  start->setAccessibleName(tr("Start %1").arg(name));
  auto* open = new QPushButton(tr("Open"), card);
  open->setToolTip(tr("Look at the experiment and change it first"));
  open->setAccessibleName(tr("Open %1").arg(name));
  auto* buttons = new QHBoxLayout;
  buttons->addWidget(start);
  buttons->addWidget(open);
  buttons->addStretch(1);
  auto* layout = new QVBoxLayout(card);
  layout->setSpacing(8);
  layout->addWidget(new SamplePicture(stem, name, card));
  layout->addWidget(title);
  layout->addWidget(text, 1);
  layout->addLayout(buttons);
  connect(start, &QPushButton::clicked, this,
          [this, experiment] { emit startRequested(experiment); });
  connect(open, &QPushButton::clicked, this,
          [this, experiment] { emit openRequested(experiment); });
  return card;
}

}  // namespace eq::widgets
