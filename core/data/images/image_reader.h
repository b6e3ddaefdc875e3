#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "core/data/images/picture.h"
#include "core/data/warning.h"

namespace eq::data {

/// How image files become inputs.
struct ImageWishes {
  std::vector<std::int64_t> size;  ///< {height, width} that all get; empty: they have one
  std::string colour = "auto";     ///< auto, grey, rgb
  bool skipsBroken = false;        ///< else a broken file is an error
};

/// Images of one size.
struct ImageRows {
  at::Tensor values;                ///< [N, channels, height, width] float32, 0 to 1
  std::vector<char> broken;         ///< [N] whether there is none; its values are 0
  std::vector<std::string> hashes;  ///< [N] SHA-256 of the file
  std::vector<Warning> warnings;    ///< of what was converted or left out
};

/// What the header of an image file says. \throws Error naming the file.
PictureFormat formatOf(const std::filesystem::path& file);

/// Reads one image a file. With a size, an image of another one is scaled to it (bilinear, smoothed
/// where it shrinks), its proportions given up. With "auto", images are grey where all are, else
/// red, green, blue; grey of colours is 0.299 red + 0.587 green + 0.114 blue.
/// \throws Error `x.png: ...` for a file that cannot be read or has another size, and before
/// anything is allocated when there is not so much memory.
ImageRows readImages(const std::vector<std::filesystem::path>& files, const ImageWishes& wishes);

}  // namespace eq::data
