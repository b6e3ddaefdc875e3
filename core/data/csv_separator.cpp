#include "core/data/csv_separator.h"

#include <algorithm>
#include <array>
#include <vector>

#include <fmt/format.h>

namespace eq::data {
namespace {

constexpr std::array kMarks{',', ';', '\t', '|', ' '};
constexpr size_t kSampledLines = 20;

/// Counts a mark line by line, quotes heeded.
class MarkCounter {
 public:
  explicit MarkCounter(char mark) : mark_(mark) {}

  void take(char c) {
    if (!quoted_ && (c == '\n' || c == '\r')) return endLine();
    if (c == '"') quoted_ = !quoted_;
    const bool isMark = mark_ == ' ' ? c == ' ' || c == '\t' : c == mark_;
    if (mark_ == ' ' && isMark && !quoted_) {
      gap_ = !blank_;
      return;
    }
    count_ += gap_ || (isMark && !quoted_) ? 1 : 0;
    gap_ = blank_ = false;
  }
  void endLine() {
    if (!blank_) counts_.push_back(count_);
    count_ = 0, blank_ = true, gap_ = false;
  }
  /// Of each line that is not blank.
  const std::vector<size_t>& counts() const { return counts_; }

 private:
  char mark_;
  std::vector<size_t> counts_;
  size_t count_ = 0;
  bool quoted_ = false, blank_ = true, gap_ = false;
};

std::vector<size_t> countsOf(std::string_view text, char mark) {
  MarkCounter counter(mark);
  for (size_t i = 0; i < text.size() && counter.counts().size() < kSampledLines; ++i)
    counter.take(text[i]);
  if (counter.counts().size() < kSampledLines) counter.endLine();
  return counter.counts();
}

/// How one mark divides the first lines.
struct Division {
  char mark = ',';
  std::vector<size_t> counts;
  size_t alike = 0;     ///< lines as the first, or as its rows where the header is one field short
  bool short_ = false;  ///< the header is one field short of all rows, as R writes it

  bool all() const { return alike == counts.size(); }
  bool any() const { return !counts.empty() && counts[0] > 0; }
  std::string text() const {
    const size_t fields = counts[0] + (short_ ? 2 : 1);
    return fmt::format("{} fields in {} the first {} lines{}", fields,
                       all() ? "each of" : fmt::format("{} of", alike), counts.size(),
                       short_ ? ", one fewer in the header" : "");
  }
};

Division divisionBy(char mark, std::string_view text) {
  Division division{mark, countsOf(text, mark)};
  const auto& counts = division.counts;
  if (counts.empty()) return division;
  const auto equal = [&](size_t value) {
    return static_cast<size_t>(std::count(counts.begin(), counts.end(), value));
  };
  division.short_ = counts.size() > 1 && equal(counts[0] + 1) + 1 == counts.size();
  division.alike = division.short_ ? counts.size() : equal(counts[0]);
  return division;
}

}  // namespace

SeparatorGuess guessSeparator(std::string_view text) {
  std::vector<Division> divisions;
  for (const char mark : kMarks)
    if (auto division = divisionBy(mark, text); division.any())
      if (mark != ' ' || division.all()) divisions.push_back(std::move(division));
  if (divisions.empty()) return {',', "no mark divides the header", false};
  const auto score = [](const Division& one) {
    // A comma may as well stand in a name or divide decimals: "Druck, bar", 0,849.
    return std::tuple(one.all() && one.mark != ' ', one.all(), !one.short_,
                      one.all() && one.mark != ',', one.counts[0]);
  };
  const auto best =
      std::max_element(divisions.begin(), divisions.end(),
                       [&](const Division& a, const Division& b) { return score(a) < score(b); });
  SeparatorGuess guess{best->mark, best->text(), !best->all()};
  std::string rivals;
  for (const auto& rival : divisions) {
    if (rival.mark == best->mark) continue;
    rivals += fmt::format("; rival {}: {}", separatorName(rival.mark), rival.text());
    guess.doubtful = guess.doubtful || (rival.all() && rival.mark != ' ');
  }
  guess.evidence += rivals;
  return guess;
}

std::string separatorName(char mark) {
  switch (mark) {
    case ',':
      return "comma";
    case ';':
      return "semicolon";
    case '\t':
      return "tab";
    case '|':
      return "pipe";
    case ' ':
      return "blanks";
    default:
      return std::string(1, mark);
  }
}

}  // namespace eq::data
