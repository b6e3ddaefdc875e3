#include "app/help_dialogs.h"

#include <QCoreApplication>
#include <QDialog>
#include <QFile>
#include <QRegularExpression>
#include <QTextBrowser>
#include <QVBoxLayout>

#include "widgets/plots/time_plot.h"
#include "widgets/style/reachable.h"

namespace eq::app {
namespace {

QString translatedHelp(const char* text) {
  return QCoreApplication::translate("Help", text);
}

QTextBrowser& openPage(QWidget& window, const QString& title, QSize size) {
  auto* dialog = new QDialog(&window);
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setWindowTitle(title);
  auto* text = new QTextBrowser(dialog);
  text->setAccessibleName(title);
  text->setOpenExternalLinks(true);
  auto* layout = new QVBoxLayout(dialog);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->addWidget(text);
  dialog->resize(size.boundedTo(window.size()));
  dialog->open();
  return *text;
}

QString keyRows(QWidget& window) {
  QString rows;
  for (const auto& one : widgets::reachableIn(window))
    if (!one.key.isEmpty())
      rows +=
          QString("<tr><td><b>%1</b></td><td>%2</td><td>%3</td></tr>")
              .arg(one.key.toHtmlEscaped(), one.name.toHtmlEscaped(), one.place.toHtmlEscaped());
  return rows;
}

}  // namespace

void showKeys(QWidget& window) {
  const auto rows = keyRows(window);
  auto& page = openPage(window, translatedHelp("Keys and gestures"), {620, 560});
  page.setHtml(
      "<h3>" + translatedHelp("Keys") + "</h3><table cellpadding='4'>" + rows + "</table><h3>" +
      translatedHelp("In plots over time") + "</h3><p>" +
      widgets::TimePlot::gestures().toHtmlEscaped() + "</p><h3>" + translatedHelp("Files") +
      "</h3><p>" +
      translatedHelp("Drop a table (CSV), an experiment or a run's folder on the window to open "
                     "it; what TensorBoard, W&B, Aim or Optuna recorded becomes runs.") +
      "</p>");
}

void showReadme(QWidget& window) {
  QFile file(":/README.md");
  auto& page = openPage(window, translatedHelp("Read me"), {900, 700});
  if (!file.open(QIODevice::ReadOnly)) {
    page.setPlainText(translatedHelp("This program was built without its README.md."));
    return;
  }
  static const QRegularExpression pictures(R"(!\[[^\]]*\]\([^)]*\))");
  page.setMarkdown(QString::fromUtf8(file.readAll()).remove(pictures));
}

}  // namespace eq::app
