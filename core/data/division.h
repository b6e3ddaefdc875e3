#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/base/parameter.h"
#include "core/base/random.h"
#include "core/data/warning.h"

namespace eq::data {

enum class Part { training, validation, test };

/// The part that a text names: train, training; validation, valid, val, dev; test; in any case.
std::optional<Part> partNamed(std::string text);

/// The shares of the rows that are kept.
struct Shares {
  double validation = 0.15, test = 0.15;

  /// Of the parameters `validation` and `test`. \throws Error when nothing is left to train on.
  static Shares from(const Parameters& parameters);
};

/// The rows of each part.
struct Parts {
  using Rows = std::span<const std::int64_t>;

  std::vector<std::int64_t> order;  ///< those of validation, then of the test, then of training
  size_t validation = 0, test = 0;  ///< number of rows

  Rows validationRows() const { return Rows(order).first(validation); }
  Rows testRows() const { return Rows(order).subspan(validation, test); }
  Rows trainRows() const { return Rows(order).subspan(validation + test); }
};

/// Divides rows at random, the same way each time for a seed.
class Divider {
 public:
  using RowList = std::vector<std::int64_t>;

  Divider(size_t rows, const Shares& shares, std::uint64_t seed);

  Parts random();
  /// Each list in the same shares, up to a row; the remainders are carried from list to list.
  Parts stratified(const std::vector<RowList>& lists);
  /// The rows of a list stay together.
  Parts groups(const std::vector<RowList>& lists);
  /// \param parts one a row.
  static Parts given(std::span<const Part> parts);
  /// Of lists in their order.
  static Parts joined(const RowList& validation, const RowList& test, const RowList& training);

  /// So many rows are that share of `rows`.
  static size_t wanted(double share, size_t rows);

 private:
  RowList shuffled(const RowList& rows);

  size_t rows_;
  Shares shares_;
  RandomStream random_;
};

/// Says of a part that it is empty, or of another size than was asked for.
/// \param place for the messages. \param given the parts are what somebody said.
/// \throws Error when nothing is left to train on.
void noteShares(const Parts& parts, const Shares& shares, bool given, const std::string& place,
                std::vector<Warning>& warnings);

}  // namespace eq::data
