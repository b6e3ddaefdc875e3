#include "app/report_link.h"

#include <iostream>

#include <QCoreApplication>
#include <QDesktopServices>
#include <QUrl>

#include "app/cli/cli.h"
#include "widgets/report/report_dialog.h"
#include "widgets/report/report_pdf.h"
#include "widgets/session/shown_runs.h"
#include "widgets/style/message_bar.h"
#include "widgets/style/plain_text.h"

namespace eq::app {

using namespace widgets;

namespace {

QString inReports(const char* text) {
  return QCoreApplication::translate("ReportLink", text);
}

}  // namespace

void showReport(QWidget* parent, const ShownRuns& shown, MessageBar& messages) {
  std::vector<std::filesystem::path> folders;
  for (const auto& run : shown.runs())
    if (!run.folder.empty()) folders.push_back(run.folder);
  if (folders.empty())
    return messages.showNote(
        inReports("A report is about recorded runs: open one from the table of runs, and show "
                  "others beside it."));
  const auto* baseline = shown.baseline();
  auto* dialog =
      new ReportDialog(folders, baseline ? baseline->folder : std::filesystem::path(), parent);
  QObject::connect(dialog, &ReportDialog::saved, &messages, [&messages](const QString& file) {
    messages.showNote(inReports("The report is in %1.").arg(shownName(file)), inReports("Open it"),
                      [file] { QDesktopServices::openUrl(QUrl::fromLocalFile(file)); });
  });
  dialog->show();
}

int printReport(int argc, char** argv) {
  std::vector<std::string> arguments{"report"};
  arguments.insert(arguments.end(), argv + 2, argv + argc);
  cli::Context context{std::cin, std::cout, std::cerr};
  context.printReport = reportAsPdf;
  return cli::run(arguments, context);
}

}  // namespace eq::app
