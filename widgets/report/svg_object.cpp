#include "widgets/report/svg_object.h"

#include <QAbstractTextDocumentLayout>
#include <QPainter>
#include <QSvgRenderer>
#include <QTextCursor>
#include <QTextDocument>

namespace eq::widgets {
namespace {

constexpr int kSvgObject = QTextFormat::UserObject + 1;
constexpr int kSvgBytes = QTextFormat::UserProperty + 1;
constexpr double kSvgScale = 0.72;  // so that two charts, or four diagrams, stand side by side

}  // namespace

SvgObject::SvgObject(QTextDocument& document) : QObject(&document) {
  document.documentLayout()->registerHandler(kSvgObject, this);
}

void SvgObject::insert(QTextCursor& cursor, const std::string& svg) {
  QTextCharFormat format;
  format.setObjectType(kSvgObject);
  format.setProperty(kSvgBytes, QByteArray::fromStdString(svg));
  cursor.insertText(QString(QChar::ObjectReplacementCharacter), format);
}

QSizeF SvgObject::intrinsicSize(QTextDocument* document, int, const QTextFormat& format) {
  const auto* device = document->documentLayout()->paintDevice();
  const double dots = device ? device->logicalDpiX() / 96.0 : 1;
  const QSvgRenderer renderer(format.property(kSvgBytes).toByteArray());
  return QSizeF(renderer.defaultSize()) * kSvgScale * dots;
}

void SvgObject::drawObject(QPainter* painter, const QRectF& rect, QTextDocument*, int,
                           const QTextFormat& format) {
  QSvgRenderer renderer(format.property(kSvgBytes).toByteArray());
  renderer.render(painter, rect);
}

}  // namespace eq::widgets
