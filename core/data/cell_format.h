#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/data/dates.h"
#include "core/data/missing_texts.h"

namespace eq::data {

/// How the cells of a column are read. Spaces around a cell do not count.
struct CellFormat {
  std::vector<std::string> missing = usualMissing();
  /// Texts that stand for no value among numbers, where they cannot be a category.
  std::vector<std::string> missingNumbers = usualMissingNumbers();
  bool oddMissing = false;  ///< every cell that is no number counts as missing among numbers
  bool decimalComma = false;
  /// Groups thousands: . , ' or ' ' (a blank, also a narrow one); 0: nothing does.
  char thousands = 0;
  DateOrder dates = DateOrder::none;  ///< else the numbers are days since 1970-01-01, of dates

  bool isMissing(std::string_view cell) const;
  bool isMissingNumber(std::string_view cell) const;
  /// A finite number, or nothing. A mark that neither divides decimals nor groups three digits each
  /// is never skipped.
  std::optional<double> number(std::string_view cell) const;
  /// A whole number without rounding, or nothing.
  std::optional<std::int64_t> wholeNumber(std::string_view cell) const;
  /// The same text for texts of the same number ("1", "1.0", "01", "1e0"), exactly; nothing for
  /// what is no number.
  std::optional<std::string> sameNumber(std::string_view cell) const;
};

/// Takes the mark out of 1.234.567,8 when every group has three digits. \param decimal divides
/// decimals. \returns whether the text was so, or holds no mark.
bool dropGroups(std::string& text, char mark, char decimal);

}  // namespace eq::data
