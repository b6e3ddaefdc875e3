#include "widgets/experiment/table_notes.h"

#include <algorithm>

#include <QRegularExpression>

#include "widgets/style/plain_text.h"

namespace eq::widgets {
namespace {

/// The fields of the dialog by the keys that they stand for.
const std::pair<const char*, const char*> kFields[]{
    {"data.delimiter", "“Separator”"},
    {"data.decimal", "“Decimal mark”"},
    {"data.thousands", "“Thousands”"},
    {"data.header then is false", "untick it then"},
    {"data.header", "“The first line names the columns”"},
    {"data.missing", "“Also missing”"},
    {"data.columns", "“Kind”"},
    {"data.inputs can name it", "“Use” can say Input"},
    {"data.inputs", "“Use”"},
    {"data.targets", "“Use”"},
    {"data.split_column", "the column of the split"},
    {"data.split is given", "the split goes by it"},
    {"data.validation", "Validation"},
    {"data.test", "Test"},
    {"data.standardize_targets", "“Standardise numbers to be predicted”"},
};

}  // namespace

QString dialogText(const std::string& message, const std::string& file) {
  static const QRegularExpression target(R"(data\.targets\[\d+\](\.\w+)*: )");
  static const QRegularExpression kind(R"(data\.columns\.(.+)\.kind: )");
  static const QRegularExpression line(R"(^:(\d+): )");
  auto text = QString::fromStdString(message);
  text.remove(target);
  text.replace(kind, "column \"\\1\": ");
  const auto path = QString::fromStdString(file);
  if (!path.isEmpty() && text.startsWith(path)) {
    text.remove(0, path.size());
    text.replace(line, "line \\1: ");
    if (text.startsWith(": ")) text.remove(0, 2);
  }
  if (!path.isEmpty()) text.replace(path + ":", "line ");
  for (const auto& [key, field] : kFields) text.replace(key, QString::fromUtf8(field));
  return shownText(text);
}

void ColumnNotes::add(const std::string& message, bool wrong) {
  for (const auto& name : columnsIn(message)) {
    auto text = dialogText(message, file_);
    text.remove(QString("column \"%1\": ").arg(QString::fromStdString(name)));
    auto& all = notes_[name];
    all.insert(wrong ? all.begin() : all.end(), TableNote{text, wrong});
  }
}

std::vector<std::string> ColumnNotes::columnsIn(std::string_view text) const {
  constexpr std::string_view kBegin = "column \"", kKind = "data.columns.";
  std::vector<std::string> found;
  const auto add = [&](std::string_view from, std::string_view end) {
    for (auto at = from.find(end); at != from.npos; at = from.find(end, at + 1))
      if (const std::string name(from.substr(0, at)); names_.contains(name)) {
        if (std::find(found.begin(), found.end(), name) == found.end()) found.push_back(name);
        return;
      }
  };
  for (auto at = text.find(kBegin); at != text.npos; at = text.find(kBegin, at + 1))
    add(text.substr(at + kBegin.size()), "\"");
  if (text.starts_with(kKind)) add(text.substr(kKind.size()), ".kind");
  return found;
}

}  // namespace eq::widgets
