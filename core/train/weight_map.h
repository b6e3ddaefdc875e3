#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace eq::train {

/// Where a parameter of this program may stand in a file of weights, and how it is read there:
/// first its dimensions are put in another order, then a part is taken, then the shape is changed.
struct Reading {
  std::string name = {};                   ///< in the file
  std::vector<std::int64_t> permute = {};  ///< dimension of the file at each place; empty: as is
  std::int64_t part = 0;                   ///< of so many equal ones along the first dimension
  std::int64_t parts = 1;
  bool reshape = false;  ///< as many numbers in C order may have another shape
};

/// How a file of weights calls what this program calls otherwise.
///
/// As JSON: {"description": "...", "tensors": [{"ours": "trunk.blocks.*.attn.query.weight",
/// "theirs": "blocks.*.attn.qkv.weight", "part": [0, 3]}, ...]}. A star in `ours` stands for any
/// characters, the first for as few as possible; each star in `theirs` for those of the same star.
/// Of the entries that fit a name, the first counts whose tensor the file has. `permute`: [1, 0]
/// swaps the two dimensions of a file's matrix, [3, 2, 0, 1] makes a filter of [height, width, in,
/// out]. `part`: [0, 3] is the first of three equal parts along the first dimension. `reshape`:
/// true lets as many numbers have another shape.
class WeightMap {
 public:
  /// Names as they are here, or with "model." before them, as in a checkpoint.
  WeightMap();
  /// \param place for messages. \throws Error `map.json: tensors[2].part: ...`.
  WeightMap(const nlohmann::json& value, const std::string& place);

  /// Where a parameter may stand, best first.
  std::vector<Reading> readingsOf(const std::string& name) const;

 private:
  struct Entry {
    std::string ours;
    Reading theirs;
  };
  std::vector<Entry> entries_;
};

/// Whether `init.map` names a file, and not a map that comes with the program.
bool isMapFile(const std::string& map);
/// A map that comes with the program. \throws Error `init.map: ...` that names those there are.
WeightMap shippedMap(const std::string& name);
/// The names of those maps.
std::vector<std::string> shippedMapNames();

}  // namespace eq::train
