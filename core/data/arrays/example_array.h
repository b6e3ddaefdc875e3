#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/data/arrays/array_files.h"
#include "core/data/division.h"

namespace eq::data {

/// An array of examples: a row each.
struct ExampleArray {
  std::string name;  ///< "images"
  struct Piece {
    std::optional<Part> part;  ///< that its name says
    NumberArray array;
  };
  std::vector<Piece> pieces;  ///< one, or one a part (x_train and x_test are "x") in its order

  std::int64_t rows() const;
  /// Of one example; {} of a number.
  std::vector<std::int64_t> shape() const;
  /// Numbers of one example.
  std::int64_t width() const;
  /// Of the first piece.
  const ElementType& type() const { return pieces[0].array.type; }
  /// Whether a float32 holds each number exactly.
  bool exactIn32Bits() const;
  /// `"images" (uint8 [1797, 8, 8])`, for messages.
  std::string text() const;
  /// `x.npz: x_test.npy: element [3, 7]`, for messages.
  std::string place(std::int64_t row, std::int64_t entry) const;
};

/// Calls visit(row, entry, number) for each number; `entry` is the place in the row in C order.
template <typename Visit>
void forEachNumber(const ExampleArray& array, Visit visit) {
  std::int64_t first = 0;
  for (const auto& piece : array.pieces) {
    forEachElement(piece.array, [&](std::int64_t row, std::int64_t entry, double number) {
      visit(first + row, entry, number);
    });
    first += piece.array.shape[0];
  }
}

/// The numbers of an array of one number an example.
std::vector<double> numbersOf(const ExampleArray& array);

/// The arrays of a path by name.
class ArraySet {
 public:
  /// \param byParts names that say a part (x_train, test-images, val/x) are pieces of one array.
  /// \throws Error for two pieces of one part, and for pieces of different shapes.
  ArraySet(ArrayFiles files, std::string place, bool byParts);

  const std::string& place() const { return place_; }  ///< the path, for messages
  const std::vector<ExampleArray>& all() const { return arrays_; }

  /// \param path of the key that names it, "data.targets[0].array". \throws Error that names the
  /// nearest arrays when there is none, or when it holds no numbers or no examples.
  const ExampleArray& named(const std::string& name, const std::string& path) const;

 private:
  std::string place_;
  std::vector<ExampleArray> arrays_;
};

}  // namespace eq::data
