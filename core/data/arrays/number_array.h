#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/data/arrays/element_type.h"
#include "core/data/arrays/stretch.h"

namespace eq::data {

/// An array of numbers in a file, of which the header was read; its elements are read each time
/// that they are asked for, a little at a time.
struct NumberArray {
  std::string name;                 ///< "images"
  std::vector<std::int64_t> shape;  ///< the first dimension counts examples; empty: one number
  ElementType type;
  bool fortranOrder = false;  ///< the first index varies fastest in the file, else the last
  Stretch stretch;
  std::uint64_t begin = 0;  ///< of the elements, in the stretch
  std::string problem;      ///< why it holds no numbers: "texts (<U5)"; empty where it does

  /// "uint8 [1797, 8, 8]".
  std::string text() const;
};

/// \throws Error when the file holds fewer or more bytes than the header promises; nothing was
/// allocated for them.
void requireElements(const NumberArray& array);

/// Numbers from the first to the last in the order of the file.
class ElementReader {
 public:
  explicit ElementReader(const NumberArray& array);

  /// What comes next; empty at the end. Valid until the next call. \throws Error with the byte,
  /// also for a whole number beyond 2^53.
  std::span<const double> next();

 private:
  const NumberArray& array_;
  StretchReader reader_;
  std::vector<char> bytes_;
  std::vector<double> numbers_;
};

/// The places of elements, one after the other in the order of the file.
class ElementWalk {
 public:
  explicit ElementWalk(const NumberArray& array);

  std::int64_t row() const { return row_; }      ///< index in the first dimension
  std::int64_t entry() const { return entry_; }  ///< in the row, in C order
  void step();

 private:
  void stepEntry();

  std::int64_t rows_ = 1, width_ = 1;
  bool rowsFirst_ = false;
  std::int64_t row_ = 0, entry_ = 0;
  struct Axis {
    std::int64_t size, stride, at;
  };
  std::vector<Axis> axes_;  ///< of a row, in the order in which they vary
};

/// Calls visit(row, entry, number) for each element, in the order of the file.
template <typename Visit>
void forEachElement(const NumberArray& array, Visit visit) {
  ElementReader reader(array);
  ElementWalk walk(array);
  for (auto numbers = reader.next(); !numbers.empty(); numbers = reader.next())
    for (const double number : numbers) {
      visit(walk.row(), walk.entry(), number);
      walk.step();
    }
}

}  // namespace eq::data
