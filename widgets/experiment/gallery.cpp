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
#include "widgets/experiment/race_subject.h"
#include "widgets/style/plain_text.h"
#include "widgets/style/theme.h"

namespace eq::widgets {
namespace {

constexpr int kMargin = 20, kGap = 12;  // pixels
constexpr int kWidest = 1200;           // pixels; longer lines are hard to read

struct Sample {
  QString stem;
  train::Experiment experiment;
};

/// Two digits first: it is what a newcomer should start.
int rankOf(const QString& stem) {
  static const QStringList order{
      "two-digits",         "two-valleys",  "digit-facts",      "digit-pixels", "ordered-digits",
      "long-tailed-digits", "noisy-labels", "tokenised-series", "rooms",        "digit-retrieval",
      "two-views",          "shifted",      "robust-digits",    "funnel",       "distill",
      "scale-imbalance",    "table"};
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
  layout->setContentsMargins(kMargin, 14, kMargin, 14);
  layout->setSpacing(10);
  auto* title = new QLabel(tr("A sample, or your own data"), content);
  auto font = title->font();
  font.setPointSizeF(font.pointSizeF() * 1.6);
  font.setBold(true);
  title->setFont(font);
  auto* browse = new QPushButton(tr("Open an experiment, a table or a run…"), content);
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

  grid_ = new QGridLayout;
  grid_->setSpacing(kGap);
  const auto samples = readSamples(folder);
  count_ = static_cast<int>(samples.size());
  for (const auto& sample : samples)
    cards_.push_back(makeSampleCard(sample.experiment, sample.stem));
  // In sight at every size, behind what a newcomer should start.
  cards_.insert(cards_.begin() + std::min(count_, 1), makeOwnCard());
  arrange(2);
  layout->addLayout(grid_);
  if (count_ == 0)
    layout->addWidget(
        new QLabel(tr("No samples were found; open an experiment file instead."), content));
  layout->addStretch(1);
  setWidget(content);
  setWidgetResizable(true);
  setAlignment(Qt::AlignHCenter | Qt::AlignTop);
  setFrameShape(QFrame::NoFrame);
}

void Gallery::arrange(int columns) {
  if (columns == columns_) return;
  columns_ = columns;
  for (auto* card : cards_) grid_->removeWidget(card);
  for (int i = 0; i < static_cast<int>(cards_.size()); ++i)
    grid_->addWidget(cards_[static_cast<size_t>(i)], i / columns, i % columns);
  grid_->setColumnStretch(0, 1);
  grid_->setColumnStretch(1, columns == 2 ? 1 : 0);
}

/// Where two cards do not fit beside each other, they stand below each other.
void Gallery::resizeEvent(QResizeEvent* event) {
  int widest = 0;
  for (const auto* card : cards_) widest = std::max(widest, card->minimumSizeHint().width());
  arrange(viewport()->width() < 2 * (kMargin + widest) + kGap ? 1 : 2);
  QScrollArea::resizeEvent(event);
}

void Gallery::offerReturn(bool offered) {
  return_->setVisible(offered);
}

QWidget* Gallery::makeCard(const QString& title, const QString& text, const QString& picture,
                           const std::vector<QPushButton*>& buttons, QPushButton* below) {
  auto* card = new QFrame;
  card->setFrameShape(QFrame::StyledPanel);
  card->setAutoFillBackground(true);
  card->setBackgroundRole(QPalette::Base);
  auto* name = new QLabel(shortName(title), card);
  name->setTextFormat(Qt::PlainText);
  auto font = name->font();
  font.setBold(true);
  font.setPointSizeF(font.pointSizeF() * 1.15);
  name->setFont(font);
  auto* sentence = new QLabel(text, card);
  sentence->setTextFormat(Qt::PlainText);
  sentence->setWordWrap(true);
  sentence->setAlignment(Qt::AlignTop | Qt::AlignLeft);
  auto* row = new QHBoxLayout;
  for (auto* button : buttons) row->addWidget(button);
  row->addStretch(1);
  auto* words = new QVBoxLayout;
  words->setSpacing(6);
  words->addWidget(name);
  words->addWidget(sentence, 1);
  words->addLayout(row);
  if (below) words->addWidget(below, 0, Qt::AlignLeft);
  auto* layout = new QHBoxLayout(card);
  layout->setSpacing(12);
  layout->addWidget(new SamplePicture(picture, card), 0, Qt::AlignVCenter);
  layout->addLayout(words, 1);
  return card;
}

QWidget* Gallery::makeSampleCard(const train::Experiment& experiment, const QString& stem) {
  const auto name = shownName(experiment.name);
  auto* start = new QPushButton(tr("Start"));
  start->setDefault(true);
  start->setAccessibleName(tr("Start %1").arg(name));
  auto* open = new QPushButton(tr("Open"));
  open->setToolTip(tr("Look at the experiment and change it first"));
  open->setAccessibleName(tr("Open %1").arg(name));
  connect(start, &QPushButton::clicked, this,
          [this, experiment] { emit startRequested(experiment); });
  connect(open, &QPushButton::clicked, this,
          [this, experiment] { emit openRequested(experiment); });
  auto* race = new QPushButton(quickRaceOf(experiment).title);
  race->setToolTip(tr("Train these variants side by side on the same batches, and compare them"));
  race->setAccessibleName(tr("%1 on %2").arg(race->text(), name));
  connect(race, &QPushButton::clicked, this,
          [this, experiment] { emit raceRequested(experiment); });
  return makeCard(name, QString::fromStdString(experiment.description), stem, {start, open}, race);
}

QWidget* Gallery::makeOwnCard() {
  auto* choose = new QPushButton(tr("Choose a CSV file…"));
  choose->setAccessibleName(tr("Your own table"));
  connect(choose, &QPushButton::clicked, this, &Gallery::tableRequested);
  auto* images = new QPushButton(tr("Choose a folder of images…"));
  images->setAccessibleName(tr("Your own images"));
  connect(images, &QPushButton::clicked, this, &Gallery::imagesRequested);
  return makeCard(
      tr("Your own data…"),
      tr("A CSV file with one example a row: say which columns are to be predicted, see "
         "what was found in each, and train. Or a folder of images that holds a folder a class. "
         "Both can be dropped here as well."),
      "own-table", {choose}, images);
}

}  // namespace eq::widgets
