#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/data/csv.h"
#include "core/data/warning.h"

namespace eq::data {

/// Image files and what is known of each, a row a file.
struct ImageList {
  CsvTable table;
  std::vector<std::filesystem::path> files;  ///< one a row
  bool hasParts = false;  ///< its column "part" says where each belongs: by folders
  std::vector<Warning> warnings;
};

/// Of a folder with a folder a class (`cats/1.png`), or with folders train, validation (val, dev)
/// and test that hold those (`train/cats/1.png`): columns "file", "class" and, in the second case,
/// "part", sorted by file. Folders in a class folder are of the class. What is no PNG or JPEG file
/// by its name is left out and counted, as are images beside the folders of classes and, beside
/// train and another part, folders that are none; hidden files are not looked at.
/// \throws Error when there are no such folders, or no images.
ImageList imagesByFolder(const std::filesystem::path& folder);

/// Of a table with a column of file names, relative to the folder. \param column its name.
/// \throws Error for a column that there is not, for a row without a name, and
/// `labels.csv:17: column "file": there is no file img/7.png in photos`.
ImageList imagesOfTable(CsvTable table, const std::string& column,
                        const std::filesystem::path& folder);

}  // namespace eq::data
