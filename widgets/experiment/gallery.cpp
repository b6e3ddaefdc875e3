#include "widgets/experiment/gallery.h"

#include <algorithm>

#include <QFile>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QPushButton>
#include <QSvgRenderer>
#include <QVBoxLayout>

#include "core/base/error.h"
#include "widgets/style/plain_text.h"
#include "widgets/style/theme.h"

namespace eq::widgets {
namespace {

constexpr int kColumns = 2;
constexpr int kWidest = 1200;  // pixels; longer lines are hard to read

struct Sample {
  QString stem;
  train::Experiment experiment;
};

/// Two digits first: it is what a newcomer should start.
int rankOf(const QString& stem) {
  static const QStringList order{"two-digits",   "two-valleys",     "digit-facts",
                                 "digit-pixels", "scale-imbalance", "table"};
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

SamplePicture::SamplePicture(const QString& stem, QWidget* parent) : QFrame(parent) {
  const auto file = QString(":/gallery/%1.svg").arg(stem);
  picture_ = new QSvgRenderer(this);
  if (QFile::exists(file)) picture_->load(file);
  picture_->setAspectRatioMode(Qt::KeepAspectRatio);
  setFixedSize(176, 110);
}

void SamplePicture::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.fillRect(rect(), plotColours(themeOf(*this)).background);
  picture_->render(&painter, rect());
}

Gallery::Gallery(const std::filesystem::path& folder, QWidget* parent) : QScrollArea(parent) {
  auto* content = new QWidget;
  content->setMaximumWidth(kWidest);
  auto* layout = new QVBoxLayout(content);
  layout->setContentsMargins(20, 14, 20, 14);
  layout->setSpacing(10);
  auto* title = new QLabel(tr("Start with a sample"), content);
  auto font = title->font();
  font.setPointSizeF(font.pointSizeF() * 1.6);
  font.setBold(true);
  title->setFont(font);
  auto* browse = new QPushButton(tr("Open an experiment or a run…"), content);
  connect(browse, &QPushButton::clicked, this, &Gallery::browseRequested);
  return_ = new QPushButton(tr("Back to the plots (Esc)"), content);
  return_->setShortcut(Qt::Key_Escape);
  return_->hide();
  connect(return_, &QPushButton::clicked, this, &Gallery::returnRequested);
  auto* head = new QHBoxLayout;
  head->addWidget(title, 1);
  head->addWidget(return_);
  head->addWidget(browse);
  layout->addLayout(head);
  auto* hint = new QLabel(
      tr("Each trains a network on several tasks at once. While it trains, change losses, weights "
         "and balancers at the left and watch what it does."),
      content);
  hint->setWordWrap(true);
  layout->addWidget(hint);

  auto* grid = new QGridLayout;
  grid->setSpacing(12);
  for (const auto& sample : readSamples(folder)) {
    grid->addWidget(makeCard(sample.experiment, sample.stem), count_ / kColumns, count_ % kColumns);
    ++count_;
  }
  for (int column = 0; column < kColumns; ++column) grid->setColumnStretch(column, 1);
  layout->addLayout(grid);
  if (count_ == 0)
    layout->addWidget(
        new QLabel(tr("No samples were found; open an experiment file instead."), content));
  layout->addStretch(1);
  setWidget(content);
  setWidgetResizable(true);
  setAlignment(Qt::AlignHCenter | Qt::AlignTop);
  setFrameShape(QFrame::NoFrame);
}

void Gallery::offerReturn(bool offered) {
  return_->setVisible(offered);
}

QWidget* Gallery::makeCard(const train::Experiment& experiment, const QString& stem) {
  const auto name = shownName(experiment.name);
  auto* card = new QFrame;
  card->setFrameShape(QFrame::StyledPanel);
  card->setAutoFillBackground(true);
  card->setBackgroundRole(QPalette::Base);
  auto* title = new QLabel(shortName(name), card);
  title->setTextFormat(Qt::PlainText);
  auto font = title->font();
  font.setBold(true);
  font.setPointSizeF(font.pointSizeF() * 1.15);
  title->setFont(font);
  auto* text = new QLabel(QString::fromStdString(experiment.description), card);
  text->setTextFormat(Qt::PlainText);
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
  auto* words = new QVBoxLayout;
  words->setSpacing(6);
  words->addWidget(title);
  words->addWidget(text, 1);
  words->addLayout(buttons);
  auto* layout = new QHBoxLayout(card);
  layout->setSpacing(12);
  layout->addWidget(new SamplePicture(stem, card), 0, Qt::AlignVCenter);
  layout->addLayout(words, 1);
  connect(start, &QPushButton::clicked, this,
          [this, experiment] { emit startRequested(experiment); });
  connect(open, &QPushButton::clicked, this,
          [this, experiment] { emit openRequested(experiment); });
  return card;
}

}  // namespace eq::widgets
