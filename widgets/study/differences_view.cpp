#include "widgets/study/differences_view.h"

#include <algorithm>

#include <QClipboard>
#include <QComboBox>
#include <QFontDatabase>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSignalBlocker>
#include <QVBoxLayout>

#include "core/study/run_difference.h"
#include "widgets/session/newest_work.h"
#include "widgets/style/choice_box.h"
#include "widgets/style/plain_text.h"

namespace eq::widgets {
namespace {

constexpr int kLongestRun = 60;  // characters of a name in a box

QComboBox* makeRunBox(const QString& name, QWidget* parent) {
  auto* box = new ChoiceBox(parent);
  box->setAccessibleName(name);
  box->setToolTip(name);
  box->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  box->setMinimumContentsLength(12);
  return box;
}

std::filesystem::path chosenIn(const QComboBox& box) {
  return box.currentData().toString().toStdString();
}

}  // namespace

DifferencesView::DifferencesView(QWidget* parent)
    : QWidget(parent),
      first_(makeRunBox(tr("The first run"), this)),
      second_(makeRunBox(tr("The second run"), this)),
      text_(new QPlainTextEdit(this)),
      work_(new NewestWork(this)) {
  text_->setReadOnly(true);
  text_->setLineWrapMode(QPlainTextEdit::NoWrap);
  text_->setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
  text_->setAccessibleName(tr("What differs"));
  text_->setPlaceholderText(tr("Two runs are needed."));
  auto* copy = new QPushButton(tr("&Copy"), this);
  copy->setToolTip(tr("The whole text to the clipboard"));
  connect(copy, &QPushButton::clicked, this,
          [this] { QGuiApplication::clipboard()->setText(text()); });
  auto* row = new QHBoxLayout;
  row->addWidget(first_, 1);
  row->addWidget(second_, 1);
  row->addWidget(copy);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 4, 0, 0);
  layout->addLayout(row);
  layout->addWidget(text_, 1);
  for (auto* box : {first_, second_})
    connect(box, &QComboBox::currentIndexChanged, this, &DifferencesView::read);
  connect(work_, &NewestWork::failed, this, [this](const QString& problem) {
    text_->clear();
    emit problemMet(problem);
  });
}

QString DifferencesView::text() const {
  return text_->toPlainText();
}

void DifferencesView::fill(QComboBox& box, const std::vector<std::filesystem::path>& folders,
                           const QStringList& names, int usual) {
  const QSignalBlocker blocker(box);
  const auto chosen = box.currentData();
  box.clear();
  for (std::size_t i = 0; i < folders.size(); ++i)
    box.addItem(shortName(names[i], kLongestRun), QString::fromStdString(folders[i].string()));
  const int found = chosen.isValid() ? box.findData(chosen) : -1;
  box.setCurrentIndex(found >= 0 ? found : std::min(usual, box.count() - 1));
}

void DifferencesView::offer(const std::vector<std::filesystem::path>& folders,
                            const QStringList& names) {
  fill(*first_, folders, names, 0);
  fill(*second_, folders, names, 1);
  read();
}

void DifferencesView::read() {
  const auto first = chosenIn(*first_), second = chosenIn(*second_);
  if (first.empty() || second.empty()) return text_->clear();
  work_->ask([this, first, second](const NewestWork::Progress&) -> NewestWork::Done {
    const auto words = QString::fromStdString(
        study::inWords(study::differenceOf(run::RunReader(first), run::RunReader(second))));
    return [this, words] {
      if (words != text()) text_->setPlainText(words);
    };
  });
}

}  // namespace eq::widgets
