#pragma once

#include <filesystem>

#include "core/base/catalog.h"

namespace eq::data {

class Dataset;

/// Where a dataset is loaded from.
struct Setting {
  /// The experiment's folder: relative paths in a dataset's parameters are taken from here, then
  /// from the samples' folder. Empty: the working directory.
  std::filesystem::path folder;
};

/// Every dataset. To add one: a file pair core/data/<id>.h/.cpp, one row in catalog.cpp, one test,
/// one line in CHANGELOG.md.
const Catalog<Dataset, const Setting&>& catalog();

}  // namespace eq::data
