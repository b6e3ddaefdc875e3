#include "core/data/images/image_list.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include <fmt/ranges.h>

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/data/division.h"
#include "core/data/images/picture.h"
#include "core/data/table_columns.h"

namespace eq::data {
namespace {

namespace fs = std::filesystem;

bool isHidden(const fs::path& path) {
  return path.filename().string().starts_with('.');
}

[[noreturn]] void failUnreadable(const fs::path& folder, const std::error_code& code) {
  fail("{}: cannot be read: {}", printable(folder.string()), code.message());
}

/// What stands in a folder itself.
struct Shelf {
  std::vector<fs::path> folders;  ///< by name
  std::int64_t images = 0;        ///< beside them
};

Shelf shelfOf(const fs::path& folder) {
  std::error_code code, ignored;
  Shelf found;
  for (fs::directory_iterator entry(folder, code), end; !code && entry != end;
       entry.increment(code)) {
    if (isHidden(entry->path())) continue;
    if (entry->is_directory(ignored))
      found.folders.push_back(entry->path());
    else
      found.images += isPictureName(entry->path());
  }
  if (code) failUnreadable(folder, code);
  std::sort(found.folders.begin(), found.folders.end());
  return found;
}

/// Collects files, and counts those that are no images by the ends of their names.
class ImageSearch {
 public:
  explicit ImageSearch(const fs::path& root) : root_(root) {}

  /// \returns the folders of classes in a folder; images beside them are of none.
  std::vector<fs::path> classesIn(const fs::path& folder) {
    auto shelf = shelfOf(folder);
    if (shelf.images > 0)
      note(folder,
           fmt::format("{} beside the folders of classes {} of no class and left out",
                       shelf.images == 1 ? "1 image" : fmt::format("{} images", shelf.images),
                       shelf.images == 1 ? "is" : "are"));
    return std::move(shelf.folders);
  }

  void leaveOut(const fs::path& folder) {
    note(folder, "is no part (train, validation, test) and is not read");
  }

  /// \param part the folder's name, or empty.
  void addClass(const fs::path& folder, const std::string& part) {
    const auto before = rows_.size();
    std::error_code code, ignored;
    for (fs::recursive_directory_iterator entry(folder, code), end; !code && entry != end;
         entry.increment(code)) {
      if (isHidden(entry->path())) {
        entry.disable_recursion_pending();
      } else if (entry->is_regular_file(ignored)) {
        take(entry->path(), folder.filename().string(), part);
      } else if (entry->is_directory(ignored)) {
        if (entry->is_symlink(ignored))
          note(entry->path(), "is a link to a folder, which is not followed");
      } else if (isPictureName(entry->path())) {
        note(entry->path(), "is no file, or a link to none, and is left out");
      }
    }
    if (code) failUnreadable(folder, code);
    if (rows_.size() == before) note(folder, "has no image, so it is no class");
  }

  ImageList list(bool hasParts) {
    if (rows_.empty())
      fail("{}: has no PNG or JPEG image in its folders", printable(root_.string()));
    std::sort(rows_.begin(), rows_.end());
    std::string text = hasParts ? "file,class,part\n" : "file,class\n";
    for (const auto& row : rows_) {
      text += quoted(row.file) + ',' + quoted(row.of);
      text += hasParts ? ',' + quoted(row.part) + '\n' : "\n";
    }
    ImageList list;
    list.table = parseCsv(std::move(text), printable(root_.string()), {',', true, 0});
    list.hasParts = hasParts;
    for (const auto& row : rows_) list.files.push_back(row.path);
    for (const auto& [ending, count] : others_)
      warnings_.push_back(
          {printable(root_.string()),
           fmt::format("{} file{} {} left out: no PNG or JPEG image by the name", count,
                       count == 1 ? "" : "s",
                       ending.empty() ? std::string("without an ending")
                                      : fmt::format("that end{} in {}", count == 1 ? "s" : "",
                                                    printable(ending)))});
    list.warnings = std::move(warnings_);
    return list;
  }

 private:
  struct Row {
    std::string file;  ///< from the root on
    std::string of;    ///< class
    std::string part;
    fs::path path;
    auto operator<=>(const Row& other) const { return file <=> other.file; }
    bool operator==(const Row& other) const { return file == other.file; }
  };

  void note(const fs::path& place, const std::string& text) {
    warnings_.push_back({printable(place.string()), text});
  }

  void take(const fs::path& file, const std::string& of, const std::string& part) {
    if (!isPictureName(file)) {
      ++others_[file.extension().string()];
      return;
    }
    rows_.push_back({file.lexically_relative(root_).generic_string(), of, part, file});
  }

  /// A field of RFC 4180. Names of files are bytes.
  static std::string quoted(const std::string& name) {
    std::string field = "\"";
    for (const char letter : printable(name))
      field += letter == '"' ? "\"\"" : std::string(1, letter);
    return field + '"';
  }

  fs::path root_;
  std::vector<Row> rows_;
  std::map<std::string, std::int64_t> others_;  ///< by the ends of their names
  std::vector<Warning> warnings_;
};

std::optional<Part> namedPart(const fs::path& folder) {
  return partNamed(folder.filename().string());
}

/// Whether folders are parts: all of them, or those of training and of another part beside others.
/// A class may be called "train".
bool areParts(const std::vector<fs::path>& folders) {
  std::set<std::optional<Part>> parts;
  for (const auto& folder : folders) parts.insert(namedPart(folder));
  const bool others = parts.erase(std::nullopt) > 0;
  return others ? parts.contains(Part::training) && parts.size() > 1 : !parts.empty();
}

}  // namespace

ImageList imagesByFolder(const fs::path& folder) {
  ImageSearch search(folder);
  const auto folders = search.classesIn(folder);
  if (folders.empty())
    fail(
        "{}: has no folders, which would name the classes of the images in them; give a table of "
        "targets (data.table)",
        printable(folder.string()));
  const bool hasParts = areParts(folders);
  for (const auto& one : folders) {
    if (!hasParts)
      search.addClass(one, {});
    else if (!namedPart(one))
      search.leaveOut(one);
    else
      for (const auto& of : search.classesIn(one)) search.addClass(of, one.filename().string());
  }
  return search.list(hasParts);
}

ImageList imagesOfTable(CsvTable table, const std::string& column, const fs::path& folder) {
  ImageList list;
  const auto index = columnIndex(table, column, "data.image");
  for (size_t row = 0; row < table.rows(); ++row) {
    const auto name = trimmed(table.cell(row, index));
    if (name.empty()) fail("{}: expected the name of an image file", table.place(row, index));
    list.files.push_back(folder / fs::path(name));
    std::error_code ignored;
    if (!fs::is_regular_file(list.files.back(), ignored))
      fail("{}: there is no file {} in {}", table.place(row, index), oneLine(name),
           printable(folder.string()));
  }
  list.warnings = table.warnings();
  list.table = std::move(table);
  return list;
}

}  // namespace eq::data
