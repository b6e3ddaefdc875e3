#pragma once

#include <string>

#include <QObject>
#include <QTextObjectInterface>

class QTextCursor;
class QTextDocument;

namespace eq::widgets {

/// Draws pictures among the text of a document, as vectors.
class SvgObject : public QObject, public QTextObjectInterface {
  Q_OBJECT
  Q_INTERFACES(QTextObjectInterface)

 public:
  /// Serves the document, which owns it.
  explicit SvgObject(QTextDocument& document);

  static void insert(QTextCursor& cursor, const std::string& svg);

  QSizeF intrinsicSize(QTextDocument* document, int position, const QTextFormat& format) override;
  void drawObject(QPainter* painter, const QRectF& rect, QTextDocument* document, int position,
                  const QTextFormat& format) override;
};

}  // namespace eq::widgets
