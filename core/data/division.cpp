#include "core/data/division.h"

#include <algorithm>
#include <cctype>
#include <cmath>

#include "core/base/error.h"

namespace eq::data {
namespace {

constexpr double kShareOff = 0.05;  // from what was asked for, without a word

}  // namespace

std::optional<Part> partNamed(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  for (const char* name : {"train", "training"})
    if (text == name) return Part::training;
  for (const char* name : {"validation", "valid", "val", "dev"})
    if (text == name) return Part::validation;
  if (text == "test") return Part::test;
  return {};
}

Shares Shares::from(const Parameters& parameters) {
  const Shares shares{parameters.number("validation"), parameters.number("test")};
  if (shares.validation + shares.test >= 1)
    fail("data.validation: {} and data.test {} leave nothing to train on", shares.validation,
         shares.test);
  return shares;
}

Divider::Divider(size_t rows, const Shares& shares, std::uint64_t seed)
    : rows_(rows), shares_(shares), random_(deriveSeed(seed, "split")) {}

size_t Divider::wanted(double share, size_t rows) {
  return static_cast<size_t>(std::llround(share * static_cast<double>(rows)));
}

Parts Divider::joined(const RowList& validation, const RowList& test, const RowList& training) {
  Parts parts{validation, validation.size(), test.size()};
  parts.order.insert(parts.order.end(), test.begin(), test.end());
  parts.order.insert(parts.order.end(), training.begin(), training.end());
  return parts;
}

Parts Divider::random() {
  return {random_.permutation(static_cast<std::int64_t>(rows_)), wanted(shares_.validation, rows_),
          wanted(shares_.test, rows_)};
}

Divider::RowList Divider::shuffled(const RowList& rows) {
  RowList mixed;
  for (const auto at : random_.permutation(std::ssize(rows)))
    mixed.push_back(rows[static_cast<size_t>(at)]);
  return mixed;
}

Parts Divider::stratified(const std::vector<RowList>& lists) {
  RowList validation, test, training;
  double seen = 0;
  for (const auto& rows : lists) {
    const auto mixed = shuffled(rows);
    seen += static_cast<double>(rows.size());
    for (const auto row : mixed) {
      const bool toValidation =
          static_cast<double>(validation.size()) + 0.5 <= shares_.validation * seen;
      const bool toTest = static_cast<double>(test.size()) + 0.5 <= shares_.test * seen;
      (toValidation ? validation : toTest ? test : training).push_back(row);
    }
  }
  return joined(validation, test, training);
}

Parts Divider::groups(const std::vector<RowList>& lists) {
  RowList validation, test, training;
  for (const auto at : random_.permutation(std::ssize(lists))) {
    const auto& group = lists[static_cast<size_t>(at)];
    const auto fits = [&](const RowList& part, double share) {
      return part.size() + group.size() / 2 < wanted(share, rows_);
    };
    auto& part = fits(validation, shares_.validation) ? validation
                 : fits(test, shares_.test)           ? test
                                                      : training;
    part.insert(part.end(), group.begin(), group.end());
  }
  return joined(validation, test, training);
}

Parts Divider::given(std::span<const Part> parts) {
  RowList validation, test, training;
  for (std::int64_t row = 0; row < std::ssize(parts); ++row) {
    const auto part = parts[static_cast<size_t>(row)];
    (part == Part::training     ? training
     : part == Part::validation ? validation
                                : test)
        .push_back(row);
  }
  return joined(validation, test, training);
}

void noteShares(const Parts& parts, const Shares& shares, bool given, const std::string& place,
                std::vector<Warning>& warnings) {
  const size_t all = parts.order.size();
  if (parts.validation + parts.test >= all)
    fail("{}: expected more rows, found {}, of which {} are kept for validation and test", place,
         all, parts.validation + parts.test);
  const auto note = [&](const char* name, size_t rows, double asked) {
    const double share = static_cast<double>(rows) / static_cast<double>(all);
    const bool off = !given && std::abs(share - asked) > kShareOff;
    if (rows == 0 && (given || asked > 0))
      warnings.push_back({place, fmt::format("no row is kept for {}", name)});
    else if (off)
      warnings.push_back({place, fmt::format("{} of {} rows are kept for {}, {:.0f} % were asked "
                                             "for",
                                             rows, all, name, 100 * asked)});
  };
  note("validation", parts.validation, shares.validation);
  note("test", parts.test, shares.test);
}

}  // namespace eq::data
