#include "app/about.h"

#include <QCoreApplication>
#include <QMessageBox>

namespace eq::app {

void showAbout(QWidget* parent) {
  auto* box = new QMessageBox(parent);
  box->setAttribute(Qt::WA_DeleteOnClose);
  box->setWindowTitle(QCoreApplication::translate("About", "About Equipoise"));
  box->setTextFormat(Qt::RichText);
  box->setText(
      QCoreApplication::translate(
          "About",
          "<h3>Equipoise %1</h3>"
          "<p>A workbench for networks that learn several tasks at once.</p>"
          "<p>GPL-3.0-or-later. Built on Qt, LibTorch, QCustomPlot, Eigen and SQLite.</p>"
          "<p><b>Data of the samples</b><br>"
          "Optical Recognition of Handwritten Digits, test part: E. Alpaydin, C. Kaynak, 1998, UCI "
          "Machine Learning Repository, CC BY 4.0.<br>"
          "Wine: S. Aeberhard, M. Forina, 1991, UCI Machine Learning Repository, CC BY 4.0.</p>")
          .arg(EQUIPOISE_VERSION));
  box->open();
}

}  // namespace eq::app
