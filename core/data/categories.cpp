#include "core/data/categories.h"

#include <algorithm>
#include <map>
#include <unordered_map>

#include <fmt/ranges.h>

#include "core/base/error.h"
#include "core/base/nearest.h"

namespace eq::data {
namespace {

/// Categories by what makes them one: the number, or the text.
class Spellings {
 public:
  Spellings(const CsvTable& table, size_t column, const CellFormat& format) : format_(format) {
    std::map<std::string_view, size_t> counts;
    for (size_t row = 0; row < table.rows(); ++row) {
      const auto text = trimmed(table.cell(row, column));
      if (!format.isMissing(text)) ++counts[text];
    }
    std::size_t values = 0, numbers = 0;
    for (const auto& [text, count] : counts) {
      values += count;
      if (format.number(text)) numbers += count;
    }
    numbers_ = 2 * numbers > values;
    for (const auto& [text, count] : counts) texts_[key(text)].emplace_back(count, text);
  }

  std::string key(std::string_view text) const {
    if (numbers_)
      if (auto number = format_.sameNumber(text)) return *number;
    return oneLine(text);
  }

  /// The most frequent spelling of each, the shortest where several are.
  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const auto& [key, spellings] : texts_) names.push_back(oneLine(best(spellings).second));
    std::sort(names.begin(), names.end());
    if (numbers_)
      std::stable_sort(names.begin(), names.end(), [&](const auto& a, const auto& b) {
        const auto first = format_.number(a), second = format_.number(b);
        return first && second ? *first < *second : first.has_value() && !second;
      });
    return names;
  }

  std::vector<std::string> notes() const {
    std::vector<std::string> notes;
    std::map<std::u32string, std::vector<std::string>> alike;
    for (const auto& [key, spellings] : texts_) {
      const auto name = oneLine(best(spellings).second);
      alike[folded(name)].push_back(name);
      if (spellings.size() < 2) continue;
      std::vector<std::string> texts;
      for (const auto& [count, text] : spellings)
        texts.push_back(fmt::format("\"{}\" ({})", oneLine(text), count));
      notes.push_back(fmt::format("{} are one class, \"{}\"", fmt::join(texts, ", "), name));
    }
    for (const auto& [fold, names] : alike)
      if (names.size() > 1)
        notes.push_back(fmt::format(
            "\"{}\" differ in case, blanks or accents only; they stay classes of their own",
            fmt::join(names, "\", \"")));
    noteSameNumbers(notes);
    return notes;
  }

 private:
  using Spelling = std::pair<size_t, std::string_view>;

  /// Numbers among texts may be codes, which stay apart.
  void noteSameNumbers(std::vector<std::string>& notes) const {
    std::map<std::string, std::vector<std::string>> numbers;
    if (!numbers_)
      for (const auto& [key, spellings] : texts_)
        if (const auto number = format_.sameNumber(key)) numbers[*number].push_back(key);
    for (const auto& [number, texts] : numbers)
      if (texts.size() > 1)
        notes.push_back(
            fmt::format("\"{}\" are the same number, but most values are none; they stay classes "
                        "of their own",
                        fmt::join(texts, "\", \"")));
  }

  static const Spelling& best(const std::vector<Spelling>& spellings) {
    return *std::max_element(spellings.begin(), spellings.end(), [](const auto& a, const auto& b) {
      return std::pair(a.first, -std::ssize(a.second)) < std::pair(b.first, -std::ssize(b.second));
    });
  }

  const CellFormat& format_;
  bool numbers_ = true;  ///< most values are
  std::map<std::string, std::vector<Spelling>> texts_;
};

}  // namespace

Categories readCategories(const CsvTable& table, size_t column, const CellFormat& format,
                          const std::vector<std::string>& order) {
  const Spellings spellings(table, column, format);
  Categories categories;
  categories.names = order.empty() ? spellings.names() : order;
  categories.notes = spellings.notes();
  std::unordered_map<std::string, std::int64_t> codes;
  for (size_t i = 0; i < categories.names.size(); ++i)
    codes.emplace(spellings.key(categories.names[i]), static_cast<std::int64_t>(i));
  for (size_t row = 0; row < table.rows(); ++row) {
    const auto text = trimmed(table.cell(row, column));
    const bool missing = format.isMissing(text);
    const auto found = missing ? codes.end() : codes.find(spellings.key(text));
    if (found == codes.end() && !missing)
      fail("{}: expected one of {}, found \"{}\"", table.place(row, column),
           namesNear(std::string(text), categories.names), oneLine(text));
    categories.codes.push_back(found == codes.end() ? -1 : found->second);
  }
  return categories;
}

}  // namespace eq::data
