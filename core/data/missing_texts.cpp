#include "core/data/missing_texts.h"

namespace eq::data {
namespace {

/// One spelling, and who writes it.
struct Spelling {
  const char* text;
  const char* writer;
  bool amongNumbers = false;  ///< counts in columns of numbers only
};

/// All of them stand here and nowhere else.
constexpr Spelling kSpellings[]{
    {"", "nearly all"},
    {"NA", "R"},
    {"N/A", "people"},
    {"n/a", "people"},
    {"<NA>", "R, pandas"},
    {"NaN", "Python, Julia, JavaScript, MATLAB"},
    {"nan", "numpy"},
    {"NAN", "Fortran"},
    {"-nan", "C"},
    {"-NaN", "C, Fortran"},
    {"NaT", "pandas, a time"},
    {"-nan(ind)", "Visual C++"},
    {"nan(ind)", "Visual C++"},
    {"1.#QNAN", "Visual C++"},
    {"1.#IND", "Visual C++"},
    {"-1.#IND", "Visual C++"},
    {"?", "UCI, Weka"},
    {"null", "JSON"},
    {"NULL", "SQL"},
    {"Null", "people"},
    {"\\N", "MySQL, PostgreSQL"},
    {"#N/A", "Excel"},
    {"#N/A N/A", "Bloomberg"},
    {"#NA", "Excel"},
    {"#NV", "Excel, German"},
    {"#N/D", "Excel, Italian and Portuguese"},
    {"#DIV/0!", "Excel"},
    {"#VALUE!", "Excel"},
    {"#WERT!", "Excel, German"},
    {"#REF!", "Excel"},
    {"#BEZUG!", "Excel, German"},
    {"#NAME?", "Excel"},
    {"#NUM!", "Excel"},
    {"#ZAHL!", "Excel, German"},
    {"#NULL!", "Excel"},
    {"None", "Python", true},
    {"none", "people", true},
    {"-", "people", true},
    {"--", "people", true},
    {"\xe2\x80\x93", "people, a long dash", true},
    {"\xe2\x80\x94", "people, a longer one", true},
    {".", "SAS, Stata", true},
    {"..", "World Bank", true},
    {":", "Eurostat", true},
    {"n.a.", "people", true},
    {"N.A.", "people", true},
};

std::vector<std::string> textsOf(bool amongNumbers) {
  std::vector<std::string> texts;
  for (const auto& spelling : kSpellings)
    if (spelling.amongNumbers == amongNumbers) texts.emplace_back(spelling.text);
  return texts;
}

}  // namespace

const std::vector<std::string>& usualMissing() {
  static const auto texts = textsOf(false);
  return texts;
}

const std::vector<std::string>& usualMissingNumbers() {
  static const auto texts = textsOf(true);
  return texts;
}

}  // namespace eq::data
