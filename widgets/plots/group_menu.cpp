#include "widgets/plots/group_menu.h"

#include <algorithm>
#include <utility>

#include <QAction>
#include <QActionGroup>

#include "widgets/session/experiment_fields.h"
#include "widgets/style/plain_text.h"

namespace eq::widgets {

GroupMenu::GroupMenu(PlotLink& link, QWidget* parent) : QMenu(tr("Groups"), parent), link_(link) {
  setToolTipsVisible(true);
  addGroupings();
  addSeparator();
  addStyles();
  addSeparator();
  addBaselines();
  connect(this, &QMenu::aboutToShow, this, &GroupMenu::refresh);
  connect(&link, &PlotLink::runsChanged, this, &GroupMenu::refresh);
  refresh();
}

QAction* GroupMenu::addChoice(QMenu& menu, QActionGroup& group, const QString& text,
                              const std::function<void()>& choose) {
  auto* action = group.addAction(menu.addAction(text));
  action->setCheckable(true);
  connect(action, &QAction::triggered, this, choose);
  return action;
}

void GroupMenu::change(const std::function<void(GroupStyle&)>& edit) {
  const GroupStyle before = link_.groupStyle();
  GroupStyle after = before;
  edit(after);
  const auto set = [this](const GroupStyle& style) {
    return [this, style] { link_.setGroupStyle(style); };
  };
  set(after)();
  emit link_.edited({tr("look of the groups"), set(after), set(before)});
}

void GroupMenu::group(Grouping by, const std::vector<std::string>& fields) {
  ShownRuns& runs = *link_.runs();
  const auto set = [&runs](Grouping grouping, const std::vector<std::string>& of) {
    return [&runs, grouping, of] { runs.setGrouping(grouping, of); };
  };
  const auto back = set(runs.grouping(), runs.groupFields());
  set(by, fields)();
  emit link_.edited({tr("groups of runs"), set(by, fields), back});
}

void GroupMenu::compareWith(const std::filesystem::path& folder) {
  ShownRuns& runs = *link_.runs();
  const auto set = [&runs](const std::filesystem::path& one) {
    return [&runs, one] { runs.setBaseline(one); };
  };
  const ShownRun* pinned = runs.baseline();
  const auto back = set(pinned ? pinned->folder : std::filesystem::path());
  set(folder)();
  emit link_.edited({tr("baseline"), set(folder), back});
}

void GroupMenu::addGroupings() {
  auto* kinds = new QActionGroup(this);
  none_ = addChoice(*this, *kinds, tr("&No groups"), [this] { group(Grouping::none); });
  seeds_ = addChoice(*this, *kinds, tr("Group by &seed"), [this] { group(Grouping::seeds); });
  seeds_->setToolTip(tr("Runs whose experiments differ in the seed alone are drawn as one"));
  fields_ = addMenu(tr("Group by &fields"));
}

void GroupMenu::addStyles() {
  auto* centres = new QActionGroup(this);
  for (const auto& [text, centre] : {std::pair{tr("&Mean"), study::Centre::mean},
                                     std::pair{tr("Me&dian"), study::Centre::median}})
    addChoice(*this, *centres, text, [this, centre = centre] {
      change([centre](GroupStyle& style) { style.centre = centre; });
    })->setChecked(centre == link_.groupStyle().centre);
  addSeparator();
  auto* spreads = new QActionGroup(this);
  for (const auto& [text, spread] :
       {std::pair{tr("No &band"), study::Spread::none},
        std::pair{tr("Band: standard de&viation"), study::Spread::deviation},
        std::pair{tr("Band: &least and most"), study::Spread::range},
        std::pair{tr("Band: 95 % &interval of the centre"), study::Spread::interval}})
    addChoice(*this, *spreads, text, [this, spread = spread] {
      change([spread](GroupStyle& style) { style.spread = spread; });
    })->setChecked(spread == link_.groupStyle().spread);
  addSeparator();
  members_ = addAction(tr("Show the runs of groups, &pale"));
  members_->setCheckable(true);
  members_->setToolTip(tr("Hidden or not, they count in n"));
  connect(members_, &QAction::triggered, this,
          [this](bool shown) { change([shown](GroupStyle& style) { style.members = shown; }); });
}

void GroupMenu::addBaselines() {
  baselines_ = addMenu(tr("Base&line"));
  differences_ = addAction(tr("Show di&fferences to the baseline"));
  differences_->setCheckable(true);
  connect(differences_, &QAction::triggered, this, [this](bool shown) {
    change([shown](GroupStyle& style) { style.differences = shown; });
  });
}

void GroupMenu::refresh() {
  const ShownRuns& runs = *link_.runs();
  none_->setChecked(runs.grouping() == Grouping::none);
  seeds_->setChecked(runs.grouping() == Grouping::seeds);
  members_->setChecked(link_.groupStyle().members);
  differences_->setEnabled(runs.baseline());
  differences_->setChecked(link_.groupStyle().differences);
  if (!fields_->isVisible()) offerFields();
  offerBaselines();
}

/// Those that differ, and those that are chosen though they do not any more.
void GroupMenu::offerFields() {
  const ShownRuns& runs = *link_.runs();
  const bool byFields = runs.grouping() == Grouping::fields;
  auto paths = runs.differingFields();
  if (byFields)
    for (const auto& path : runs.groupFields())
      if (std::find(paths.begin(), paths.end(), path) == paths.end()) paths.push_back(path);
  fields_->clear();
  for (const auto& path : paths) {
    auto* action = fields_->addAction(menuText(fieldTitle(path)));
    action->setCheckable(true);
    action->setData(QString::fromStdString(path));
    const auto& chosen = runs.groupFields();
    action->setChecked(byFields && std::find(chosen.begin(), chosen.end(), path) != chosen.end());
    connect(action, &QAction::triggered, this, &GroupMenu::chooseFields, Qt::QueuedConnection);
  }
  fields_->setEnabled(!paths.empty());
}

void GroupMenu::chooseFields() {
  std::vector<std::string> paths;
  for (const QAction* action : fields_->actions())
    if (action->isChecked()) paths.push_back(action->data().toString().toStdString());
  group(paths.empty() ? Grouping::none : Grouping::fields, paths);
}

void GroupMenu::offerBaselines() {
  const ShownRuns& runs = *link_.runs();
  baselines_->clear();
  const auto add = [this](const QString& text, const std::filesystem::path& folder, bool checked) {
    auto* action = baselines_->addAction(text);
    action->setCheckable(true);
    action->setChecked(checked);
    connect(
        action, &QAction::triggered, this, [this, folder] { compareWith(folder); },
        Qt::QueuedConnection);  // which takes this action away
  };
  add(tr("None"), {}, !runs.baseline());
  std::vector<int> groups;
  for (const ShownRun& run : runs.runs()) {
    if (run.folder.empty()) continue;
    const ShownRun* pinned = runs.baseline();
    if (run.group < 0) {
      add(menuText(shortName(run.name)), run.folder, pinned && pinned->folder == run.folder);
    } else if (std::find(groups.begin(), groups.end(), run.group) == groups.end()) {
      groups.push_back(run.group);
      const auto& group = runs.groups()[static_cast<std::size_t>(run.group)];
      add(menuText(shortName(group.name)), run.folder, pinned && pinned->group == run.group);
    }
  }
}

}  // namespace eq::widgets
