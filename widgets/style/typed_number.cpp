#include "widgets/style/typed_number.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>
#include <string_view>
#include <system_error>

#include <QCoreApplication>
#include <QList>

namespace eq::widgets {
namespace {

constexpr double kWholeEnd = 9007199254740992;  // 2^53: from here on whole numbers are rounded
constexpr char kDecimalOnly = 'd', kGroupOnly = 'g', kUnknown = '?';
constexpr std::u32string_view kMinus = U"-\u2212\uFE63\uFF0D\u2010\u2011\u2012\u2013";
constexpr std::u32string_view kApostrophes = U"'\u2019\u02BC\uFF07";
constexpr std::u32string_view kUnseen = U"\u200E\u200F\u061C\u200B\u2060\uFEFF";
constexpr std::u32string_view kListMarks = U";\u061B\uFF1B\u060C\u3001\n\t";

QString say(const char* text) {
  return QCoreApplication::translate("TypedNumber", text);
}

bool isOneOf(char32_t c, std::u32string_view set) {
  return set.find(c) != std::u32string_view::npos;
}

/// The character's part in a number, in ASCII.
char plain(char32_t c) {
  if (const int digit = QChar::digitValue(c); digit >= 0) return static_cast<char>('0' + digit);
  if (isOneOf(c, kMinus)) return '-';
  if (c == U'+' || c == U'\uFF0B') return '+';
  if (c == U'.' || c == U'\uFF0E') return '.';
  if (c == U',' || c == U'\uFF0C') return ',';
  if (c == U'\u066B') return kDecimalOnly;
  if (c == U'\u066C') return kGroupOnly;
  if (c == U'e' || c == U'E') return 'e';
  if (isOneOf(c, kApostrophes)) return '\'';
  return QChar::isSpace(c) ? ' ' : kUnknown;
}

std::string plain(const QString& text) {
  std::string out;
  const auto points = text.toUcs4();
  for (const uint c : points)
    if (!isOneOf(c, kUnseen)) out += plain(char32_t{c});
  const auto first = out.find_first_not_of(' ');
  return first == std::string::npos ? "" : out.substr(first, out.find_last_not_of(' ') + 1 - first);
}

bool areDigits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// Whether blocks of digits between marks are thousands: 1 234 567, or as in India 12 34 567.
bool areGroups(const std::vector<std::string_view>& blocks) {
  const auto inner = blocks.size() > 2 ? blocks[1].size() : 3;
  if (blocks.back().size() != 3 || (inner != 2 && inner != 3)) return false;
  if (blocks[0].empty() || blocks[0].size() > inner || blocks[0].front() == '0') return false;
  return std::all_of(blocks.begin() + 1, blocks.end() - 1,
                     [&](std::string_view block) { return block.size() == inner; });
}

/// The digits of the part before the decimal mark; none where its marks do not group thousands.
std::optional<std::string> wholeDigits(std::string_view text) {
  const auto mark =
      std::find_if(text.begin(), text.end(), [](char c) { return c < '0' || c > '9'; });
  if (mark == text.end()) return std::string(text);
  if (std::string_view(".,' g").find(*mark) == std::string_view::npos) return std::nullopt;
  std::vector<std::string_view> blocks;
  std::string digits;
  for (std::size_t at = 0; at <= text.size();) {
    const auto end = std::min(text.find(*mark, at), text.size());
    blocks.push_back(text.substr(at, end - at));
    if (!areDigits(blocks.back())) return std::nullopt;
    digits += blocks.back();
    at = end + 1;
  }
  return areGroups(blocks) ? std::optional(digits) : std::nullopt;
}

struct Reading {
  char decimalMark;    ///< 0: none
  std::string digits;  ///< "1234.5"
};

/// Every way in which a mantissa is a number.
std::vector<Reading> readingsOf(const std::string& mantissa) {
  std::vector<Reading> out;
  if (const auto whole = wholeDigits(mantissa); whole && !whole->empty())
    out.push_back({0, *whole});
  for (const char mark : {'.', ',', kDecimalOnly}) {
    const auto at = mantissa.find(mark);
    if (at == std::string::npos || at != mantissa.rfind(mark)) continue;
    const auto whole = wholeDigits(std::string_view(mantissa).substr(0, at));
    const auto fraction = mantissa.substr(at + 1);
    if (!whole || !areDigits(fraction) || whole->size() + fraction.size() == 0) continue;
    out.push_back(
        {mark, (whole->empty() ? "0" : *whole) + (fraction.empty() ? "" : "." + fraction)});
  }
  return out;
}

/// Sign, mantissa and exponent of a typed number.
struct Parts {
  bool negative = false;
  std::string mantissa, exponent;  ///< "e-3", or nothing
  bool valid = true;
};

Parts partsOf(const QString& text) {
  Parts parts;
  std::string number = plain(text);
  if (!number.empty() && (number[0] == '-' || number[0] == '+')) {
    parts.negative = number[0] == '-';
    number.erase(0, number.find_first_not_of(' ', 1));
  }
  const auto e = number.find('e');
  parts.mantissa = number.substr(0, e);
  if (e == std::string::npos) return parts;
  std::string exponent = number.substr(e + 1);
  if (!exponent.empty() && exponent[0] == '+') exponent.erase(0, 1);
  const bool negative = !exponent.empty() && exponent[0] == '-';
  parts.valid =
      exponent.size() > (negative ? 1 : 0) && areDigits(exponent.substr(negative ? 1 : 0));
  parts.exponent = "e" + exponent;
  return parts;
}

TypedNumber valueOf(const Parts& parts, const Reading& reading, const QString& text) {
  const std::string spelled = (parts.negative ? "-" : "") + reading.digits + parts.exponent;
  double value = 0;
  const auto end = spelled.data() + spelled.size();
  const auto [at, problem] = std::from_chars(spelled.data(), end, value);
  if (problem == std::errc() && at == end) return {value, {}};
  return {{}, say("“%1” is beyond the numbers that can be kept, 1e-307 to 1e308").arg(text)};
}

QString ambiguity(const QString& text, const Parts& parts, const std::vector<Reading>& readings) {
  const auto spelled = [&](const Reading& reading) {
    return QString::fromStdString((parts.negative ? "-" : "") + reading.digits + parts.exponent);
  };
  return say("“%1” can be %2 or %3; write it with one mark less")
      .arg(text, spelled(readings[1]), spelled(readings[0]));
}

TypedNumber read(const QString& typed, bool whole) {
  const QString text = typed.trimmed();
  if (text.isEmpty()) return {{}, say("A number is missing here")};
  const Parts parts = partsOf(text);
  const auto readings = readingsOf(parts.mantissa);
  if (!parts.valid || readings.empty()) return {{}, say("“%1” is not a number").arg(text), false};
  if (readings.size() == 1) return valueOf(parts, readings[0], text);
  if (readings[1].decimalMark == '.' && !whole) return valueOf(parts, readings[1], text);
  return {{}, ambiguity(text, parts, readings), true};
}

QString listAmbiguity(const QString& text) {
  return say("“%1” can be a list or one number; write a blank behind the commas that part numbers, "
             "or part them by semicolons")
      .arg(text);
}

bool hasListMark(const QString& text) {
  const auto points = text.toUcs4();
  return std::any_of(points.begin(), points.end(), [](uint c) { return isOneOf(c, kListMarks); });
}

QStringList splitAtMarks(const QString& text) {
  QStringList parts{QString()};
  for (const QChar c : text) {
    if (isOneOf(c.unicode(), kListMarks))
      parts << QString();
    else
      parts.last() += c;
  }
  return parts;
}

/// \param problem why the text cannot be parted.
QStringList entriesOf(QString text, TypedNumber (*one)(const QString&), QString& problem) {
  text = text.trimmed();
  const bool bracketed = text.startsWith('[') && text.endsWith(']') && text.size() > 1;
  if (bracketed) text = text.mid(1, text.size() - 2).trimmed();
  if (hasListMark(text)) return splitAtMarks(text);
  qsizetype tight = 0, wide = 0;
  for (qsizetype i = 0; i + 1 < text.size(); ++i)
    if (text[i] == ',') ++(text[i + 1].isSpace() ? wide : tight);
  if (!bracketed && tight > 0) {
    const auto asOne = one(text);
    if (wide > 0 || asOne.value || asOne.ambiguous) problem = listAmbiguity(text);
  }
  return text.split(',');
}

TypedList readList(const QString& text, TypedNumber (*one)(const QString&)) {
  TypedList list;
  QStringList entries = entriesOf(text, one, list.problem);
  if (!list.problem.isEmpty()) return list;
  if (entries.last().trimmed().isEmpty()) entries.removeLast();  // behind a last mark
  for (const auto& entry : entries) {
    const auto number = one(entry);
    if (!number.value) return {{}, number.problem};
    list.values.push_back(*number.value);
  }
  return list;
}

}  // namespace

TypedNumber readNumber(const QString& text) {
  return read(text, false);
}

TypedNumber readInteger(const QString& text) {
  const auto number = read(text, true);
  if (!number.value ||
      (*number.value == std::floor(*number.value) && std::abs(*number.value) < kWholeEnd))
    return number;
  if (std::abs(*number.value) >= kWholeEnd)
    return {{},
            say("“%1” is beyond the whole numbers that are exact, up to 9007199254740991")
                .arg(text.trimmed())};
  return {{}, say("“%1” is not a whole number").arg(text.trimmed())};
}

TypedList readNumbers(const QString& text) {
  return readList(text, readNumber);
}

TypedList readIntegers(const QString& text) {
  return readList(text, readInteger);
}

QString shortText(double value) {
  return QString::number(value, 'g', 10);
}

QString fixedText(double value, int digits) {
  const QString text = QString::number(value, 'f', digits);
  const bool zero = std::none_of(text.begin(), text.end(),
                                 [](QChar c) { return c >= QChar('1') && c <= QChar('9'); });
  return zero && text.startsWith('-') ? text.mid(1) : text;
}

QString countText(qint64 count) {
  QString text = QString::number(count);
  const int first = count < 0 ? 1 : 0;
  for (auto at = text.size() - 3; at > first; at -= 3) text.insert(at, QChar(0x202F));
  return text;
}

}  // namespace eq::widgets
