#include "core/data/images/image_list.h"

#include <algorithm>
#include <map>
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

/// The folders in a folder, by name.
std::vector<fs::path> foldersIn(const fs::path& folder) {
  std::error_code code;
  std::vector<fs::path> found;
  for (fs::directory_iterator entry(folder, code), end; !code && entry != end;
       entry.increment(code))
    if (entry->is_directory() && !isHidden(entry->path())) found.push_back(entry->path());
  if (code) failUnreadable(folder, code);
  std::sort(found.begin(), found.end());
  return found;
}

/// Collects files, and counts those that are no images by the ends of their names.
class ImageSearch {
 public:
  explicit ImageSearch(const fs::path& root) : root_(root) {}

  /// \param part the folder's name, or empty.
  void addClass(const fs::path& folder, const std::string& part) {
    const auto before = rows_.size();
    std::error_code code;
    for (fs::recursive_directory_iterator entry(folder, code), end; !code && entry != end;
         entry.increment(code)) {
      if (isHidden(entry->path())) {
        entry.disable_recursion_pending();
      } else if (entry->is_regular_file()) {
        take(entry->path(), folder.filename().string(), part);
      }
    }
    if (code) failUnreadable(folder, code);
    if (rows_.size() == before)
      warnings_.push_back({printable(folder.string()), "has no image, so it is no class"});
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

bool namesPart(const fs::path& folder) {
  return partNamed(folder.filename().string()).has_value();
}

}  // namespace

ImageList imagesByFolder(const fs::path& folder) {
  const auto folders = foldersIn(folder);
  if (folders.empty())
    fail(
        "{}: has no folders, which would name the classes of the images in them; give a table of "
        "targets (data.table)",
        printable(folder.string()));
  const bool hasParts = std::all_of(folders.begin(), folders.end(), namesPart);
  ImageSearch search(folder);
  for (const auto& one : folders) {
    if (!hasParts)
      search.addClass(one, {});
    else
      for (const auto& of : foldersIn(one)) search.addClass(of, one.filename().string());
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
