#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <string_view>

#include "core/base/error.h"
#include "core/metric/catalog.h"
#include "core/run/exchange/imported_run.h"
#include "core/train/series_expression.h"
#include "core/train/series_name.h"

namespace eq::run {
namespace {

using Parts = std::vector<std::string>;

struct SplitWord {
  std::string_view word;
  const char* split;
};
constexpr std::array kSplitWords{SplitWord{"training", "train"},
                                 SplitWord{"train", "train"},
                                 SplitWord{"validation", "validation"},
                                 SplitWord{"valid", "validation"},
                                 SplitWord{"val", "validation"},
                                 SplitWord{"eval", "validation"},
                                 SplitWord{"dev", "validation"},
                                 SplitWord{"testing", "test"},
                                 SplitWord{"test", "test"}};

/// The parts of a name that this program wrote; none of others.
std::optional<Parts> ownParts(const std::string& name) {
  try {
    const auto expression = train::parseSeriesExpression(name, "");
    if (expression.quantities.size() != 1 || expression.nodes.size() != 1) return std::nullopt;
    const auto& parts = expression.quantities[0].parts;
    if (train::seriesKind(parts) == train::SeriesKind::none) return std::nullopt;
    return parts;
  } catch (const Error&) {
    return std::nullopt;
  }
}

Parts piecesOf(const std::string& name) {
  Parts pieces{""};
  for (const char c : name)
    if (c == '/')
      pieces.emplace_back();
    else
      pieces.back() += c;
  std::erase(pieces, "");
  return pieces;
}

std::string lowered(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

bool isJoint(char c) {
  return c == '_' || c == '-' || c == '.' || c == ' ';
}

/// Takes the word of a split out of a piece: all of it, or its begin or end up to a joint.
const char* takeSplit(std::string& piece) {
  const auto low = lowered(piece);
  for (const auto& [word, split] : kSplitWords) {
    if (low == word) return piece.clear(), split;
    if (low.size() <= word.size() + 1) continue;
    if (low.starts_with(word) && isJoint(low[word.size()]))
      return piece.erase(0, word.size() + 1), split;
    if (low.ends_with(word) && isJoint(low[low.size() - word.size() - 1]))
      return piece.erase(piece.size() - word.size() - 1), split;
  }
  return nullptr;
}

/// A metric that this program knows goes by its name, so that it is known which way is better.
std::string metricNamed(const std::string& name) {
  const auto low = lowered(name);
  if (low == "acc") return "accuracy";
  return low == "loss" || metric::catalog().contains(low) ? low : name;
}

}  // namespace

SeriesPlace placeOfSeries(const std::string& name) {
  if (const auto own = ownParts(name)) {
    const auto kind = train::seriesKind(*own);
    if (kind == train::SeriesKind::evaluation) return {SeriesPlace::Kind::evaluation, *own};
    if (kind == train::SeriesKind::sampled) return {SeriesPlace::Kind::sampled, *own};
    const bool kept = (*own)[0] != "term" && (*own)[0] != "point";
    return {kept ? SeriesPlace::Kind::step : SeriesPlace::Kind::unknown, *own};
  }
  auto pieces = piecesOf(name);
  const char* split = nullptr;
  for (auto& piece : pieces)
    if (!split) split = takeSplit(piece);
  std::erase(pieces, "");
  std::string metric = "value", task;
  if (!pieces.empty()) {
    metric = metricNamed(pieces.back());
    pieces.pop_back();
  }
  for (const auto& piece : pieces) task += (task.empty() ? "" : "/") + piece;
  return {SeriesPlace::Kind::evaluation,
          {split ? split : "train", task.empty() ? "all" : task, metric}};
}

}  // namespace eq::run
