#include "app/lab_link.h"

#include "app/run_controller.h"
#include "app/run_requests.h"
#include "app/run_view.h"
#include "widgets/lab/merge_lab_page.h"
#include "widgets/plots/plot_area.h"
#include "widgets/runs/runs_panel.h"
#include "widgets/style/message_bar.h"
#include "widgets/style/plain_text.h"

namespace eq::app {

using namespace widgets;

namespace {

void tellOfSaved(const LabParts& at, const std::filesystem::path& folder, const QString& remarks) {
  auto text = MergeLabPage::tr("The merged model is the run %1.")
                  .arg(shownName(folder.filename().string()));
  if (!remarks.isEmpty()) text += ' ' + MergeLabPage::tr("Note: %1").arg(shownText(remarks));
  at.messages.showNote(text, MergeLabPage::tr("Open it"),
                       [&view = at.view, folder] { view.showRun(folder); });
}

}  // namespace

void addLabPage(PlotArea& plots, PlotLink& link, const LabParts& at) {
  auto& page = *new MergeLabPage(plots.data(), link, at.controller.workspace());
  plots.addPage(MergeLabPage::tr("Merge lab"), &page, page.plots());
  const auto open = [&plots, &page, &runs = at.runs, show = at.showPlots] {
    show();
    plots.showDock(MergeLabPage::tr("Merge lab"));
    page.open(runs.selectedRuns());
  };
  QObject::connect(&at.runs, &RunsPanel::mergeRequested, &page, open);
  QObject::connect(&page, &MergeLabPage::runsWanted, &page, open);
  QObject::connect(&page, &MergeLabPage::problemMet, &at.messages,
                   [&messages = at.messages](const QString& text) { messages.showError(text); });
  QObject::connect(&page, &MergeLabPage::saved, &at.runs,
                   [at](const std::filesystem::path& folder, const QString& remarks, bool trains) {
                     at.runs.refresh();
                     at.runs.select({folder});
                     if (trains)
                       at.requests.resume(folder);
                     else
                       tellOfSaved(at, folder, remarks);
                   });
}

}  // namespace eq::app
