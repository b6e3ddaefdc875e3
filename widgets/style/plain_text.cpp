#include "widgets/style/plain_text.h"

#include <QStringList>
#include <QTextDocument>

#include "core/base/text_table.h"

namespace eq::widgets {
namespace {

constexpr int kMostInTitle = 80, kMostInToolTip = 1000;  // characters

/// Cannot be seen as itself, or changes how its neighbours are seen.
bool isUnprintable(QChar c) {
  const auto code = c.unicode();
  const bool turns = (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
  return c.category() == QChar::Other_Control || code == 0x2028 || code == 0x2029 || turns;
}

QString spelled(QChar c) {
  if (c == '\n') return "\\n";
  if (c == '\r') return "\\r";
  if (c == '\t') return "\\t";
  return QString("\\u%1").arg(c.unicode(), 4, 16, QChar('0'));
}

QString withoutMiddle(const QString& text, int most) {
  if (text.size() <= most) return text;
  const int begin = most / 2;
  return text.left(begin) + "…" + text.right(most - begin - 1);
}

}  // namespace

QString shownName(const QString& name) {
  QString out;
  for (const QChar c : name) out += isUnprintable(c) ? spelled(c) : QString(c);
  return out;
}

QString shownName(const std::string& name) {
  return shownName(QString::fromStdString(name));
}

QString shortName(const QString& name, int most) {
  return withoutMiddle(shownName(name), most);
}

QString shownText(const QString& text) {
  QStringList lines;
  for (const QString& line : text.split('\n')) lines << shownName(line);
  return lines.join('\n');
}

QString titleText(const QString& text) {
  return shortName(text, kMostInTitle).replace("[*]", "[*][*]");
}

QString plainToolTip(const QString& text) {
  const QString shown = withoutMiddle(shownText(text), kMostInToolTip);
  if (!Qt::mightBeRichText(shown)) return shown;
  return "<p style=\"white-space:pre-wrap\">" + shown.toHtmlEscaped() + "</p>";
}

QString menuText(const QString& text) {
  return QString(text).replace('&', "&&");
}

std::string texText(const QString& text) {
  return latexText(shownName(text).toStdString());
}

}  // namespace eq::widgets
