#include "widgets/report/report_pdf.h"

#include <QBuffer>
#include <QPageLayout>
#include <QPdfWriter>

#include "widgets/report/report_document.h"

namespace eq::widgets {

std::string reportAsPdf(const study::Report& report) {
  constexpr int kDots = 300;  // an inch
  QBuffer buffer;
  buffer.open(QIODevice::WriteOnly);
  {
    QPdfWriter writer(&buffer);
    writer.setCreator("Equipoise");
    writer.setTitle(QString::fromStdString(report.title));
    writer.setResolution(kDots);
    writer.setPageLayout(
        QPageLayout(QPageSize(QPageSize::A4), QPageLayout::Landscape, QMarginsF(0, 0, 0, 0)));
    const ReportDocument document(report);
    document.print(&writer);  // with margins of 2 cm and page numbers
  }
  const auto bytes = buffer.data();
  return {bytes.data(), static_cast<std::size_t>(bytes.size())};
}

}  // namespace eq::widgets
