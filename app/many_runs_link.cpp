#include "app/many_runs_link.h"

#include <QCoreApplication>

#include "widgets/plots/plot_area.h"
#include "widgets/plots/plot_link.h"
#include "widgets/runs/runs_panel.h"
#include "widgets/study/compare_panel.h"
#include "widgets/study/many_runs_page.h"
#include "widgets/style/message_bar.h"

namespace eq::app {

using namespace widgets;

namespace {

std::vector<std::filesystem::path> foldersIn(const RunsPanel& runs) {
  std::vector<std::filesystem::path> folders;
  for (const auto& run : runs.rows()) folders.push_back(run->info.folder);
  return folders;
}

}  // namespace

void addManyRunsPages(PlotArea& plots, PlotLink& link, RunsPanel& runs,
                      const std::filesystem::path& workspace, MessageBar& messages) {
  auto* compare = new ComparePanel(workspace, *link.runs());
  plots.addPage(QCoreApplication::translate("ManyRunsLink", "Compare"), compare, {});
  auto* many = new ManyRunsPage(plots.data(), link);
  plots.addPage(QCoreApplication::translate("ManyRunsLink", "Many runs"), many, many->plots());
  QObject::connect(&runs, &RunsPanel::selectionChanged, compare, [&runs, compare, many] {
    compare->setChosen(runs.selectedRuns());
    many->setChosen(runs.selectedRuns());
  });
  const auto list = [&runs, compare, many] {
    compare->setListed(foldersIn(runs));
    many->setRuns(runs.rows());
  };
  QObject::connect(&runs, &RunsPanel::rowsChanged, compare, list);
  list();
  QObject::connect(many, &ManyRunsPage::chosen, &runs, &RunsPanel::select);
  QObject::connect(compare, &ComparePanel::problemMet, &messages,
                   [&messages](const QString& text) { messages.showError(text); });
}

}  // namespace eq::app
