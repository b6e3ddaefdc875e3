#include "core/data/arrays/array_inputs.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <ATen/ops/empty.h>
#include <fmt/ranges.h>

#include "core/base/error.h"
#include "core/data/arrays/array_survey.h"

namespace eq::data {
namespace {

using Shape = std::vector<std::int64_t>;

constexpr double kFarOut = 1e5;  // deviations from 0, beyond which 32 bits take much of a number

/// What an array is for the network.
struct InputLayout {
  Shape shape;
  bool image = false, channelsLast = false;
};

bool fewChannels(std::int64_t count) {
  return count == 1 || count == 3 || count == 4;
}

bool isChannelsLast(const ExampleArray& array, const std::string& layout) {
  const auto shape = array.shape();
  if (layout != "auto") return layout == "channels_last";
  if (fewChannels(shape[0]) == fewChannels(shape[2]))
    fail(
        "data.layout: {} may be images of {} channels or of {}; say channels_first or "
        "channels_last",
        array.text(), shape[0], shape[2]);
  return fewChannels(shape[2]);
}

InputLayout layoutOf(const ExampleArray& array, const std::string& layout) {
  const auto shape = array.shape();
  if (shape.size() <= 1) return {{array.width()}};
  if (shape.size() == 2) return {{1, shape[0], shape[1]}, true};
  if (shape.size() > 3)
    fail("data.inputs: {}: expected 1 to 4 dimensions, found {}", array.text(), shape.size() + 1);
  const bool last = isChannelsLast(array, layout);
  return {last ? Shape{shape[2], shape[0], shape[1]} : shape, true, last};
}

std::string layoutText(const InputLayout& layout) {
  const auto& shape = layout.shape;
  if (!layout.image) return fmt::format("{} feature{}", shape[0], shape[0] == 1 ? "" : "s");
  return fmt::format("images of {} channel{}{}, {} x {} pixels (height x width)", shape[0],
                     shape[0] == 1 ? "" : "s",
                     shape[0] == 1         ? ""
                     : layout.channelsLast ? " (the last dimension)"
                                           : " (the first dimension behind the rows)",
                     shape[1], shape[2]);
}

/// The place of each entry among the numbers of an example: channels before rows before columns.
std::vector<std::int64_t> entryPlaces(const ExampleArray& array, const InputLayout& layout) {
  std::vector<std::int64_t> places(static_cast<size_t>(array.width()));
  std::iota(places.begin(), places.end(), std::int64_t{0});
  if (!layout.channelsLast) return places;
  const auto channels = layout.shape[0], pixels = layout.shape[1] * layout.shape[2];
  for (auto& place : places) place = place % channels * pixels + place / channels;
  return places;
}

class ArrayEncoder {
 public:
  ArrayEncoder(const ArrayKeys& keys, const RowPlaces& rows, RowHashes& hashes,
               std::vector<Warning>& warnings, ArrayInputs& inputs)
      : keys_(keys), rows_(rows), hashes_(hashes), warnings_(warnings), inputs_(inputs) {}

  /// Writes the array's numbers from `first` on in each row.
  void add(const ExampleArray& array, const InputLayout& layout, std::int64_t first) {
    note(array, fmt::format("an input: {}", layoutText(layout)));
    const auto survey = surveyArray(array, rows_, layout.image, {}, hashes_);
    noteOddities(array, layout, survey);
    std::vector<Moments> scales = survey.moments;
    if (!keys_.standard) std::fill(scales.begin(), scales.end(), Moments{});
    addScales(array, layout, scales);
    fill(array, layout, survey, scales, first);
  }

 private:
  void note(const ExampleArray& array, const std::string& text) {
    warnings_.push_back(
        {array.pieces[0].array.stretch.name, fmt::format("array {} is {}", array.text(), text)});
  }
  void warn(const ExampleArray& array, const std::string& place, const std::string& text) {
    warnings_.push_back({place, fmt::format("array \"{}\": {}", array.name, text)});
  }

  void noteOddities(const ExampleArray& array, const InputLayout& layout,
                    const ArraySurvey& survey) {
    const auto& place = array.pieces[0].array.stretch.name;
    if (survey.missing > 0)
      warn(array, array.place(survey.firstMissing, survey.firstMissingEntry),
           fmt::format("{} missing {} (nan) replaced by the training mean", survey.missing,
                       survey.missing == 1 ? "number" : "numbers"));
    const auto alike = std::count(survey.varies.begin(), survey.varies.end(), 0);
    if (alike > 0 && layout.image)
      warn(array, place, "every pixel of the training part is the same; it tells nothing");
    else if (alike > 0)
      warn(array, place,
           fmt::format("{} of {} features {} the same in all training rows; {} nothing", alike,
                       survey.varies.size(), alike == 1 ? "is" : "are",
                       alike == 1 ? "it tells" : "they tell"));
    if (!keys_.standard && !array.exactIn32Bits())
      for (const auto& one : survey.moments)
        if (one.count > 1 && std::abs(one.mean) > kFarOut * one.deviation)
          return warn(array, place,
                      fmt::format("numbers lie far from 0 beside their spread (mean {:.10g}, "
                                  "standard deviation {:.4g}): 32 bits take much of it away; "
                                  "data.scaling \"standard\" mends it",
                                  one.mean, one.deviation));
  }

  void addScales(const ExampleArray& array, const InputLayout& layout,
                 const std::vector<Moments>& scales) {
    for (size_t i = 0; i < scales.size(); ++i) {
      const auto name = layout.image            ? "pixel"
                        : array.shape().empty() ? array.name
                                                : fmt::format("{}[{}]", array.name, i);
      inputs_.scales.push_back({name, scales[i].mean, scales[i].deviation});
    }
  }

  void fill(const ExampleArray& array, const InputLayout& layout, const ArraySurvey& survey,
            const std::vector<Moments>& scales, std::int64_t first) {
    const auto places = entryPlaces(array, layout);
    const auto width = inputs_.rows.numel() / rows_.size();
    float* out = inputs_.rows.mutable_data_ptr<float>() + first;
    forEachNumber(array, [&](std::int64_t row, std::int64_t entry, double number) {
      const auto& scale = scales[scales.size() == 1 ? 0 : static_cast<size_t>(entry)];
      if (std::isnan(number)) number = survey.of(entry).mean;
      const auto value = static_cast<float>((number - scale.mean) / scale.deviation);
      if (!std::isfinite(value))
        fail("{}: {} does not fit into the 32 bits that a network trains on; scale the array",
             array.place(row, entry), number);
      out[rows_.of(row) * width + places[static_cast<size_t>(entry)]] = value;
    });
  }

  const ArrayKeys& keys_;
  const RowPlaces& rows_;
  RowHashes& hashes_;
  std::vector<Warning>& warnings_;
  ArrayInputs& inputs_;
};

}  // namespace

ArrayInputs encodeArrays(const std::vector<const ExampleArray*>& arrays, const ArrayKeys& keys,
                         const RowPlaces& rows, RowHashes& hashes, std::vector<Warning>& warnings) {
  std::vector<InputLayout> layouts;
  std::int64_t width = 0;
  for (const auto* array : arrays) {
    layouts.push_back(layoutOf(*array, keys.layout));
    if (layouts.back().image && arrays.size() > 1)
      fail(
          "data.inputs: {} beside {} other{}: only arrays of one or two dimensions are set side "
          "by side; name one in data.inputs",
          array->text(), arrays.size() - 1, arrays.size() == 2 ? "" : "s");
    width += array->width();
  }
  ArrayInputs inputs;
  inputs.shape = layouts[0].image ? layouts[0].shape : Shape{width};
  Shape all{rows.size()};
  all.insert(all.end(), inputs.shape.begin(), inputs.shape.end());
  inputs.rows = at::empty(all, at::kFloat);
  ArrayEncoder encoder(keys, rows, hashes, warnings, inputs);
  std::int64_t first = 0;
  for (size_t i = 0; i < arrays.size(); first += arrays[i++]->width())
    encoder.add(*arrays[i], layouts[i], first);
  return inputs;
}

}  // namespace eq::data
