#include "core/data/images.h"

#include <algorithm>
#include <cmath>

#include <ATen/TensorOperators.h>
#include <ATen/ops/tensor.h>

#include "core/base/error.h"
#include "core/base/paths.h"
#include "core/base/sha256.h"
#include "core/data/images/image_list.h"
#include "core/data/images/image_reader.h"
#include "core/data/problem.h"
#include "core/data/table_division.h"
#include "core/data/table_inputs.h"
#include "core/data/table_keys.h"
#include "core/data/table_notes.h"
#include "core/data/table_roles.h"
#include "core/data/table_split.h"
#include "core/data/table_targets.h"
#include "core/data/views.h"

namespace eq::data {
namespace {

constexpr const char* kClass = "class";

/// Keys of the dataset "table" that say how the table of targets is read.
bool isOfTable(const std::string& key) {
  const auto keys = {"columns",   "missing",    "header", "delimiter",          "decimal",
                     "thousands", "validation", "test",   "standardize_targets"};
  return std::any_of(keys.begin(), keys.end(), [&](const char* one) { return key == one; });
}

ParameterSpec checkedInFile(std::string name, nlohmann::json value, std::string doc) {
  auto spec = ParameterSpec::text(std::move(name), "", std::move(doc));
  spec.type = ParameterType::any;
  spec.defaultValue = std::move(value);
  return spec;
}

std::vector<ParameterSpec> imageFields() {
  auto size = ParameterSpec::integerList(
                  "size", nullptr,
                  "{height, width} to which all images are scaled; null = all have one size")
                  .from(1)
                  .to(4096)
                  .in("pixels")
                  .orNull();
  size.defaultValue = nullptr;
  std::vector<ParameterSpec> fields{
      ParameterSpec::file("path",
                          "Folder of PNG and JPEG images; a relative path starts at the "
                          "experiment's folder, then at the samples'")
          .needed(),
      ParameterSpec::text("table", "",
                          "CSV file in the folder with a row an image; empty = a folder a class, "
                          "perhaps in folders train, validation and test"),
      ParameterSpec::text("image", "file",
                          "Column of the table with the images' file names, from the folder on"),
      checkedInFile("targets", nlohmann::json::array(),
                    "One task each: {\"column\", \"kind\": class | binary | ordinal | number, "
                    "\"name\", \"order\": [categories from first to last], \"unit\", \"fields\"}; "
                    "empty without a table = the class that the folder names"),
      size,
      ParameterSpec::choice("colour", "auto", {"auto", "grey", "rgb"},
                            "Channels; auto = grey where all images are, else red, green, blue"),
      ParameterSpec::choice("scaling", "standard", {"standard", "none"},
                            "Pixels with mean 0 and standard deviation 1 over the training part, "
                            "all together; or from 0 to 1"),
      ParameterSpec::choice("broken", "stop", {"stop", "skip"},
                            "Whether a broken image is an error, or is left out and counted"),
      ParameterSpec::choice("split", "auto", {"auto", "random", "stratified", "group", "given"},
                            "How images are divided; auto = by folders train, validation and test "
                            "where there are such, else at random; the others as of a table"),
      ParameterSpec::text("split_column", "", "Column that split goes by; random has none"),
  };
  for (auto& field : tableFields())
    if (isOfTable(field.name)) fields.push_back(std::move(field));
  return fields;
}

/// {"column": "class", "kind": "class"}, where the folders are all that is known.
std::vector<TableTargetSpec> targetsOf(const Parameters& parameters) {
  const auto& given = parameters.at("targets");
  if (!given.is_array() || !given.empty()) return readTargetSpecs(given, "data.targets");
  if (!parameters.text("table").empty())
    fail("data.targets: name what of {} is to be learnt", parameters.text("table"));
  return readTargetSpecs({{{"column", kClass}, {"kind", "class"}}}, "data.targets");
}

TableDivision divisionOf(const Parameters& parameters, bool hasParts) {
  TableDivision division{parameters.text("split"), parameters.text("split_column"),
                         Shares::from(parameters)};
  if (division.by == "auto") division.by = hasParts ? "given" : "random";
  if (division.by == "given" && hasParts && division.column.empty()) division.column = "part";
  const bool goesByColumn = division.by != "random";
  if (goesByColumn && division.column.empty())
    fail("data.split_column: {} goes by a column; name it", division.by);
  if (!goesByColumn && !division.column.empty())
    fail("data.split_column: random reads no column; name another way in data.split");
  return division;
}

/// Without the broken ones.
Parts ofGood(const Parts& parts, const std::vector<char>& broken) {
  const auto good = [&](Parts::Rows rows) {
    Divider::RowList kept;
    for (const auto row : rows)
      if (!broken[static_cast<size_t>(row)]) kept.push_back(row);
    return kept;
  };
  return Divider::joined(good(parts.validationRows()), good(parts.testRows()),
                         good(parts.trainRows()));
}

at::Tensor indexOf(Parts::Rows rows) {
  return at::tensor(at::ArrayRef<std::int64_t>(rows.data(), rows.size()), at::kLong);
}

class Images : public Dataset {
 public:
  Images(const Parameters& parameters, const Setting& setting)
      : parameters_(parameters),
        setting_(setting),
        reading_(tableReading(parameters)),
        targets_(targetsOf(parameters)) {
    if (!parameters.isNull("size")) wishes_.size = parameters.integers("size");
    if (!wishes_.size.empty() && wishes_.size.size() != 2)
      fail("data.size: expected [height, width], found {} numbers", wishes_.size.size());
    wishes_.colour = parameters.text("colour");
    wishes_.skipsBroken = parameters.text("broken") == "skip";
    if (!byTable()) {  // a class may be called NA
      reading_.marks.format.missing.clear();
      reading_.marks.format.missingNumbers.clear();
    }
  }

  Problem load(std::uint64_t seed) const override {
    const auto folder = findPath(parameters_.text("path"), setting_.folder, "data.path");
    const auto list = byTable() ? tableIn(folder) : imagesByFolder(folder);
    checkWishes(list.table, {{}, {}, reading_.marks.kinds, targets_, {}});
    const auto guesses = guessTable(list.table, reading_.marks);
    Problem problem;
    problem.warnings = list.warnings;
    auto images = readImages(list.files, wishes_);
    problem.warnings.insert(problem.warnings.end(), images.warnings.begin(), images.warnings.end());
    const auto all = divideTable(list.table, guesses, divisionOf(parameters_, list.hasParts), seed,
                                 problem.warnings);
    const auto parts = ofGood(all, images.broken);
    if (parts.trainRows().empty()) fail("data.path: no image that can be read is left to train on");
    scale(problem, images, parts);
    addTargets(problem, list, guesses, images, parts);
    problem.warnings = alikeMerged(problem.warnings);
    problem.augmentation = augmentationOf(parameters_, true);
    return problem;
  }

 private:
  bool byTable() const { return !parameters_.text("table").empty(); }

  ImageList tableIn(const std::filesystem::path& folder) const {
    return imagesOfTable(readCsv(folder / parameters_.text("table"), reading_.csv),
                         parameters_.text("image"), folder);
  }

  /// Over the training images, all pixels together.
  void scale(Problem& problem, ImageRows& images, const Parts& parts) const {
    problem.inputShape = {images.values.size(1), images.values.size(2), images.values.size(3)};
    problem.inputs = {{"pixel"}};
    if (parameters_.text("scaling") != "standard") return;
    const auto pixels = images.values[0].numel();
    const float* all = images.values.const_data_ptr<float>();
    // In the order of the rows, whatever the number of threads.
    const auto meanOf = [&](auto term) {
      double sum = 0;
      for (const auto row : parts.trainRows())
        for (const float* x = all + row * pixels; x != all + (row + 1) * pixels; ++x)
          sum += term(static_cast<double>(*x));
      return sum / static_cast<double>(std::ssize(parts.trainRows()) * pixels);
    };
    const double mean = meanOf([](double x) { return x; });
    const double variance = meanOf([mean](double x) { return (x - mean) * (x - mean); });
    const auto count = std::ssize(parts.trainRows()) * pixels;
    const auto found = momentsOf(count, mean, variance * static_cast<double>(count));
    problem.inputs[0].offset = found.mean;
    problem.inputs[0].scale = found.deviation;
    images.values.sub_(found.mean).div_(found.deviation);
  }

  void addTargets(Problem& problem, const ImageList& list, const TableGuesses& guesses,
                  const ImageRows& images, const Parts& parts) const {
    std::vector<CellFormat> formats;
    for (const auto& column : guesses.columns) formats.push_back(column.format);
    std::vector<TableTarget> targets;
    for (size_t i = 0; i < targets_.size(); ++i)
      targets.push_back(encodeTarget(list.table, targets_[i], formats,
                                     parameters_.boolean("standardize_targets"), parts.trainRows(),
                                     fmt::format("data.targets[{}]", i), problem.warnings));
    for (const auto& target : targets) problem.tasks.push_back(target.info);
    const auto splitOf = [&](Parts::Rows rows) {
      auto split = targetSplit(targets, rows);
      split.inputs = images.values.index_select(0, indexOf(rows));
      split.source = sourceOf(list.table, images, rows);
      return split;
    };
    problem.train = splitOf(parts.trainRows());
    problem.validation = splitOf(parts.validationRows());
    problem.test = splitOf(parts.testRows());
  }

  /// Hash of the files and of the cells beside them.
  std::string sourceOf(const CsvTable& table, const ImageRows& images, Parts::Rows rows) const {
    std::string all;
    for (const auto row : rows) {
      all += images.hashes[static_cast<size_t>(row)];
      for (size_t column = 0; column < table.columns(); ++column) {
        const bool used = std::any_of(targets_.begin(), targets_.end(), [&](const auto& target) {
          return target.uses(table.names()[column]);
        });
        if (!used) continue;
        const auto cell = table.cell(static_cast<size_t>(row), column);
        all += fmt::format("{}:{}", cell.size(), cell);
      }
    }
    return sha256(all);
  }

  Parameters parameters_;
  Setting setting_;
  TableReading reading_;
  std::vector<TableTargetSpec> targets_;
  ImageWishes wishes_;
};

}  // namespace

CatalogRow<Dataset, const Setting&> imagesRow() {
  Descriptor descriptor;
  descriptor.id = "images";
  descriptor.title = "Images";
  descriptor.summary =
      "A folder of PNG and JPEG images: the folders in it name the classes, or a table gives each "
      "image its targets, one or more tasks.";
  descriptor.formula = "x = (value / white - training mean) / training deviation";
  descriptor.citation = "Formats: ISO/IEC 15948 (PNG) by libpng, ISO/IEC 10918-1 by libjpeg";
  descriptor.parameters = withViews(imageFields(), {0.3, 0.1, 0}, true);
  descriptor.taskKinds = {TaskKind::classification, TaskKind::binary, TaskKind::ordinal,
                          TaskKind::regression};
  descriptor.traits = {{"tasks_from", {"targets"}}};
  return {descriptor, [](const Parameters& parameters, const Setting& setting) {
            return std::make_unique<Images>(parameters, setting);
          }};
}

}  // namespace eq::data
