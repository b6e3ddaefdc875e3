#include "widgets/report/report_document.h"

#include <QSvgRenderer>
#include <QTextCursor>
#include <QTextTable>

#include "widgets/report/svg_object.h"
#include "widgets/style/plain_text.h"

namespace eq::widgets {
namespace {

constexpr double kTitlePoints = 17, kSectionPoints = 13, kHeadPoints = 9, kTextPoints = 9,
                 kTablePoints = 7.5, kCodePoints = 7;

QTextCharFormat charFormat(double points, int weight = 400) {
  QTextCharFormat format;
  format.setFontPointSize(points);
  format.setFontWeight(weight);
  format.setForeground(QColor(0x1f2328));
  return format;
}

QTextTableFormat plainTable(double padding) {
  QTextTableFormat format;
  format.setBorder(0);
  format.setCellPadding(padding);
  format.setCellSpacing(0);
  format.setAlignment(Qt::AlignLeft);
  return format;
}

QString shown(const std::string& text) {
  return shownText(QString::fromStdString(text));
}

void fillRow(QTextTable& table, int row, int column, const QString& text, bool numeric,
             const QTextCharFormat& format) {
  QTextCursor cursor = table.cellAt(row, column).firstCursorPosition();
  QTextBlockFormat block;
  block.setAlignment(numeric ? Qt::AlignRight : Qt::AlignLeft);
  cursor.setBlockFormat(block);
  cursor.insertText(text, format);
}

}  // namespace

ReportDocument::ReportDocument(const study::Report& report, QObject* parent)
    : QTextDocument(parent) {
  setUndoRedoEnabled(false);
  setMetaInformation(QTextDocument::DocumentTitle, QString::fromStdString(report.title));
  QFont font;
  font.setStyleHint(QFont::SansSerif);
  setDefaultFont(font);
  QTextOption option;
  option.setWrapMode(QTextOption::WrapAtWordBoundaryOrAnywhere);
  setDefaultTextOption(option);
  new SvgObject(*this);
  addText(shown(report.title), kTitlePoints, QFont::DemiBold);
  addText(shown(report.subtitle), kTextPoints);
  for (const auto& section : report.sections) {
    addText(shown(section.title), kSectionPoints, QFont::DemiBold, 14);
    for (const auto& block : section.blocks)
      std::visit([this](const auto& one) { add(one); }, block);
  }
}

void ReportDocument::addText(const QString& text, double points, int weight, double above) {
  QTextCursor cursor(this);
  cursor.movePosition(QTextCursor::End);
  QTextBlockFormat block;
  block.setTopMargin(above);
  block.setBottomMargin(4);
  if (isEmpty())
    cursor.setBlockFormat(block);
  else
    cursor.insertBlock(block);
  cursor.insertText(text, charFormat(points, weight));
}

void ReportDocument::add(const study::ReportParagraph& paragraph) {
  addText(shown(paragraph.text), kTextPoints);
}

void ReportDocument::add(const study::ReportCode& code) {
  addText(shown(code.title), kHeadPoints, QFont::DemiBold, 6);
  QTextCursor cursor(this);
  cursor.movePosition(QTextCursor::End);
  QTextBlockFormat block;
  block.setBackground(QColor(0xf3f4f6));
  QTextCharFormat format = charFormat(kCodePoints);
  format.setFontFamilies({"monospace"});
  format.setFontFixedPitch(true);
  for (const auto& line : shown(code.text).trimmed().split('\n')) {
    cursor.insertBlock(block);
    cursor.insertText(line, format);
  }
}

void ReportDocument::add(const study::ReportFigures& figures) {
  if (figures.figures.empty()) return;
  const auto count = static_cast<int>(figures.figures.size());
  const QSvgRenderer first(QByteArray::fromStdString(figures.figures.front().svg));
  const int columns = std::min(count, first.defaultSize().width() > 400 ? 2 : 4);
  addText({}, 2);
  QTextCursor cursor(this);
  cursor.movePosition(QTextCursor::End);
  auto* table = cursor.insertTable((count + columns - 1) / columns, columns, plainTable(3));
  for (int i = 0; i < count; ++i) {
    const auto& figure = figures.figures[static_cast<std::size_t>(i)];
    QTextCursor cell = table->cellAt(i / columns, i % columns).firstCursorPosition();
    SvgObject::insert(cell, figure.svg);
    if (figure.caption.empty()) continue;
    cell.insertBlock();
    cell.insertText(shown(figure.caption), charFormat(kTablePoints));
  }
}

void ReportDocument::add(const TextTable& table) {
  if (!table.title.empty()) addText(shown(table.title), kHeadPoints, QFont::DemiBold, 6);
  addText({}, 2);
  QTextCursor cursor(this);
  cursor.movePosition(QTextCursor::End);
  auto format = plainTable(4);
  format.setHeaderRowCount(1);
  const auto width = static_cast<int>(table.columns.size());
  auto* made = cursor.insertTable(static_cast<int>(table.rows.size()) + 1, width, format);
  for (int column = 0; column < width; ++column) {
    const auto& head = table.columns[static_cast<std::size_t>(column)];
    QTextTableCellFormat shade;
    shade.setBackground(QColor(0xe9ecef));
    made->cellAt(0, column).setFormat(shade);
    fillRow(*made, 0, column, shown(head.name), head.numeric,
            charFormat(kTablePoints, QFont::DemiBold));
    for (std::size_t row = 0; row < table.rows.size(); ++row)
      fillRow(*made, static_cast<int>(row) + 1, column,
              shown(table.rows[row][static_cast<std::size_t>(column)].text), head.numeric,
              charFormat(kTablePoints));
  }
}

}  // namespace eq::widgets
