#pragma once

#include <QTextDocument>

#include "core/study/report/report.h"

namespace eq::widgets {

/// A report as a document to be printed on white.
class ReportDocument : public QTextDocument {
  Q_OBJECT

 public:
  explicit ReportDocument(const study::Report& report, QObject* parent = nullptr);

 private:
  void add(const study::ReportParagraph& paragraph);
  void add(const study::ReportCode& code);
  void add(const study::ReportFigures& figures);
  void add(const TextTable& table);
  /// \param points size of its letters. \param weight of QFont.
  void addText(const QString& text, double points, int weight = 400, double above = 0);
};

}  // namespace eq::widgets
