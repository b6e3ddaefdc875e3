#pragma once

#include <optional>
#include <vector>

#include <QString>

namespace eq::widgets {

/// What a person typed or pasted as a number. Digits of any script, either decimal mark (`.` `,`
/// `٫`), groups of thousands (by blanks, apostrophes, `.` `,` `٬`, also Indian ones), any minus
/// sign and an exponent are read, whatever the locale of the system. A dot alone is the decimal
/// mark, as the fields themselves show numbers; a comma before exactly three digits may be either
/// mark and is refused with both readings named, unless the digits leave one only (`0,001`).
struct TypedNumber {
  std::optional<double> value;
  QString problem;         ///< why there is none, and what to write
  bool ambiguous = false;  ///< it can be two numbers
};
TypedNumber readNumber(const QString& text);
/// The same for whole numbers up to 2^53 - 1; here `1.234` may be either as well.
TypedNumber readInteger(const QString& text);

/// Numbers apart by semicolons, by commas with a blank behind, or by commas alone where these
/// cannot be decimal marks nor group thousands; square brackets around them are fine.
struct TypedList {
  std::vector<double> values;
  QString problem;
};
TypedList readNumbers(const QString& text);
TypedList readIntegers(const QString& text);

/// The shortest text that reads back to the same number, up to ten digits: "0.001", "1e-08".
QString shortText(double value);

/// With so many digits behind the point; a number that rounds to zero has no sign.
QString fixedText(double value, int digits);

/// A count with its thousands apart by narrow blanks, the same in every locale: 1 234 567.
QString countText(qint64 count);

}  // namespace eq::widgets
