/// What a person chooses in a ComparePanel.

#include <algorithm>
#include <array>

#include <QAbstractItemView>
#include <QCheckBox>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QMenu>
#include <QSignalBlocker>
#include <QToolButton>

#include "widgets/session/folder_place.h"
#include "widgets/session/shown_runs.h"
#include "widgets/study/compare_panel.h"
#include "widgets/study/groups_model.h"
#include "widgets/study/single_task_bar.h"
#include "widgets/style/choice_box.h"
#include "widgets/style/number_boxes.h"
#include "widgets/style/plain_text.h"

namespace eq::widgets {
namespace {

QComboBox* makeChoice(const QStringList& texts, const QString& name, QWidget* parent) {
  auto* box = new ChoiceBox(parent);
  box->addItems(texts);
  box->setAccessibleName(name);
  box->setToolTip(name);
  box->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  box->setMinimumContentsLength(8);
  return box;
}

}  // namespace

QWidget* ComparePanel::makeChoices() {
  auto* row = new QWidget(this);
  source_ = makeChoice({tr("Runs in the plots"), tr("Chosen in the table"), tr("All in the table")},
                       tr("Which runs are compared"), row);
  value_ = makeChoice({tr("final"), tr("best"), tr("mean of the last")},
                      tr("Which of its values a run is compared by; best: where the task's first "
                         "metric was best on the validation split"),
                      row);
  count_ = new IntegerBox(row);
  count_->setRange(1, 1e6);
  count_->setValue(5);
  count_->setAccessibleName(tr("Evaluations that count"));
  count_->setVisible(false);
  split_ = makeChoice({"test", "validation", "train"}, tr("The split that is compared"), row);
  split_->setObjectName("split");
  auto* layout = new QHBoxLayout(row);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->addWidget(source_, 2);
  layout->addWidget(value_, 2);
  layout->addWidget(count_);
  layout->addWidget(split_, 1);
  connect(source_, &QComboBox::currentIndexChanged, this, &ComparePanel::askAgain);
  connect(value_, &QComboBox::currentIndexChanged, this, [this](int index) {
    count_->setVisible(index == 2);
    askAgain();
  });
  connect(split_, &QComboBox::currentIndexChanged, this, &ComparePanel::askAgain);
  connect(count_, &NumberBox::valueChanged, this, &ComparePanel::askAgain);
  return row;
}

QWidget* ComparePanel::makeGroupChoices() {
  auto* row = new QWidget(this);
  by_ = new QLineEdit(row);
  by_->setObjectName("by");
  by_->setAccessibleName(tr("Fields that make a group"));
  by_->setPlaceholderText(tr("groups: runs that differ in the seed alone"));
  by_->setToolTip(
      tr("Fields that make a group, such as tasks[0].loss.id, balancer.gradient; empty: all that "
         "differ but the seed"));
  auto* offer = new QToolButton(row);
  offer->setText(tr("Fields"));
  offer->setToolTip(tr("The fields in which the runs differ"));
  offer->setPopupMode(QToolButton::InstantPopup);
  fields_ = new QMenu(offer);
  offer->setMenu(fields_);
  baseline_ = makeChoice({tr("no baseline")}, tr("The group that others are tested against"), row);
  baseline_->setObjectName("baseline");
  differences_ = new QCheckBox(tr("&Differences"), row);
  differences_->setObjectName("differences");
  differences_->setToolTip(tr("Show what groups have more than the baseline"));
  auto* layout = new QHBoxLayout(row);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->addWidget(by_, 2);
  layout->addWidget(offer);
  layout->addWidget(baseline_, 2);
  layout->addWidget(differences_);
  connect(by_, &QLineEdit::textChanged, this, &ComparePanel::askAgain);
  connect(fields_, &QMenu::aboutToShow, this, &ComparePanel::offerFields);
  connect(baseline_, &QComboBox::activated, this,
          [this] { shown_.setBaseline(baseline_->currentData().toString().toStdString()); });
  connect(differences_, &QCheckBox::toggled, groups_, &GroupsModel::setDifferences);
  return row;
}

/// Spelled as the pinned one is.
std::vector<std::filesystem::path> ComparePanel::folders() const {
  std::vector<std::filesystem::path> folders;
  if (source_->currentIndex() == kShown) {
    for (const ShownRun& run : shown_.runs())
      if (!run.folder.empty()) folders.push_back(run.folder);
  } else {
    folders = source_->currentIndex() == kChosen ? chosen_ : listed_;
  }
  for (auto& folder : folders) folder = normalFolder(folder);
  return folders;
}

ComparisonQuestion ComparePanel::question() const {
  ComparisonQuestion question;
  question.folders = folders();
  question.single = single_->folder();
  using Kind = study::ValueChoice::Kind;
  static constexpr std::array kKinds{Kind::final, Kind::best, Kind::mean};
  question.choice.kind = kKinds[static_cast<std::size_t>(value_->currentIndex())];
  question.choice.count = static_cast<std::int64_t>(count_->value());
  question.choice.split = study::valueChoice("final", split_->currentText().toStdString()).split;
  question.by = study::splitAtCommas(by_->text().toStdString());
  for (auto& path : question.by) path = QString::fromStdString(path).trimmed().toStdString();
  std::erase(question.by, std::string());
  question.pinned = shown_.pinned();
  return question;
}

/// A group stands for its first run, which is what is pinned. What is offered already stays, also
/// while its list is open.
void ComparePanel::offerBaselines() {
  QList<std::pair<QString, QString>> offered{{tr("no baseline"), QString()}};
  qsizetype pinned = 0;
  const std::size_t count = view_ ? view_->comparison.groups.size() : 0;
  for (std::size_t i = 0; i < count; ++i) {
    const auto& runs = view_->comparison.groups[i].runs;
    const bool isPinned = std::any_of(runs.begin(), runs.end(),
                                      [this](auto* run) { return run->folder == shown_.pinned(); });
    const auto folder = isPinned ? shown_.pinned() : runs.front()->folder;
    offered.append({tr("against %1").arg(shortName(groupTitle(view_->comparison, i))),
                    QString::fromStdString(folder.string())});
    if (isPinned) pinned = offered.size() - 1;
  }
  const QSignalBlocker blocker(baseline_);
  if (offered != offeredBaselines_) {
    baseline_->clear();
    for (const auto& [text, folder] : offered) baseline_->addItem(text, folder);
    offeredBaselines_ = offered;
  }
  if (!baseline_->view()->isVisible()) baseline_->setCurrentIndex(static_cast<int>(pinned));
}

/// Those that differ, and those that are typed.
void ComparePanel::offerFields() {
  fields_->clear();
  auto chosen = question().by;
  auto offered = view_ ? view_->fields : std::vector<std::string>();
  for (const auto& path : chosen)
    if (std::find(offered.begin(), offered.end(), path) == offered.end()) offered.push_back(path);
  for (const auto& path : offered) {
    auto* action = fields_->addAction(menuText(shownName(path)));
    action->setCheckable(true);
    action->setChecked(std::find(chosen.begin(), chosen.end(), path) != chosen.end());
    connect(action, &QAction::toggled, this, [this, chosen, path](bool wanted) mutable {
      std::erase(chosen, path);
      if (wanted) chosen.push_back(path);
      QStringList texts;
      for (const auto& one : chosen) texts << QString::fromStdString(one);
      by_->setText(texts.join(", "));
    });
  }
  if (offered.empty()) fields_->addAction(tr("The runs differ in no field"))->setEnabled(false);
}

}  // namespace eq::widgets
