#include "app/plot_export.h"

#include <QCoreApplication>

#include "widgets/plots/export_dialog.h"
#include "widgets/plots/plot_panel.h"
#include "widgets/style/message_bar.h"

namespace eq::app {

using namespace widgets;

void showPlotExport(QWidget* parent, const std::vector<PlotPanel*>& panels, MessageBar& messages,
                    const std::function<void(const QString&)>& tell) {
  const auto inExport = [](const char* text) {
    return QCoreApplication::translate("PlotExport", text);
  };
  if (panels.empty()) {
    messages.showNote(inExport("No plot is on the screen; open one from View, Plots."));
    return;
  }
  auto* dialog = new ExportDialog(panels, parent);
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  QObject::connect(dialog, &ExportDialog::saved, parent, [tell, inExport](const QString& file) {
    tell(inExport("Exported to %1").arg(file));
  });
  dialog->show();
}

}  // namespace eq::app
