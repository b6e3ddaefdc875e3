#include "core/data/arrays/map_targets.h"

#include <algorithm>
#include <cmath>

#include <ATen/ops/empty.h>
#include <ATen/ops/ones.h>

#include "core/base/error.h"
#include "core/data/problem.h"

namespace eq::data {
namespace {

constexpr std::int64_t kNoLabel = -100;
constexpr float kMostLabels = 1000;
constexpr double kNoLength = 1e-6;   // of a normal that is none
constexpr double kAlmostOne = 0.01;  // a normal's length may be off by so much unsaid

}  // namespace

MapEncoder::MapEncoder(const MapTask& task, const std::array<std::int64_t, 2>& size,
                       const MapWishes& wishes)
    : task_(task), size_(size), wishes_(wishes), pixels_(size[0] * size[1]) {}

std::int64_t MapEncoder::bytes() const {
  return task_.kind == MapKind::normal ? 24 : 8;
}

void MapEncoder::begin(std::int64_t count, bool trains) {
  trains_ = trains;
  masked_ = false;
  mask_ = at::Tensor();
  const bool labels = task_.kind == MapKind::label;
  const std::vector<std::int64_t> shape{count,
                                        task_.kind == MapKind::normal ? 3 * pixels_ : pixels_};
  target_ = at::empty(shape, at::TensorOptions().dtype(labels ? at::kLong : at::kFloat));
  if (!labels) mask_ = at::ones(shape, at::TensorOptions().dtype(at::kFloat));
}

bool MapEncoder::isIgnored(float number) const {
  return std::any_of(wishes_.ignored.begin(), wishes_.ignored.end(),
                     [&](double one) { return static_cast<double>(number) == one; });
}

void MapEncoder::check(const MapNumbers& map, const NumberArray& array) {
  if (place_.empty()) place_ = array.stretch.name;
  if (task_.kind != MapKind::label) return;
  for (size_t i = 0; i < map.values.size(); ++i) {
    const auto number = map.values[i];
    if (isIgnored(number)) continue;
    if (number != std::floor(number) || number < 0 || number >= kMostLabels)
      fail("{}: a label is a whole number from 0 to {} or one of data.ignored, found {}",
           map.place(array, static_cast<std::int64_t>(i)), kMostLabels - 1, number);
  }
}

void MapEncoder::add(std::int64_t example, const at::Tensor& maps) {
  const auto whole = maps.contiguous();
  const auto* numbers = whole.const_data_ptr<float>();
  all_ += pixels_;
  if (task_.kind == MapKind::label)
    addLabels(example, numbers);
  else if (task_.kind == MapKind::depth)
    addDepths(example, numbers);
  else
    addNormals(example, numbers);
}

void MapEncoder::addLabels(std::int64_t example, const float* numbers) {
  auto* out = target_.mutable_data_ptr<std::int64_t>() + example * pixels_;
  for (std::int64_t i = 0; i < pixels_; ++i) {
    if (isIgnored(numbers[i])) {
      out[i] = kNoLabel;
      ++left_;
      continue;
    }
    out[i] = static_cast<std::int64_t>(numbers[i]);
    const auto label = static_cast<size_t>(out[i]);
    if (label >= seen_.size()) seen_.resize(label + 1), learned_.resize(label + 1);
    seen_[label] = 1;
    if (trains_) learned_[label] = 1;
    known_ = known_ || trains_;
  }
}

void MapEncoder::leaveOut(float* mask) {
  *mask = 0;
  masked_ = true;
}

void MapEncoder::addDepths(std::int64_t example, const float* numbers) {
  auto* out = target_.mutable_data_ptr<float>() + example * pixels_;
  auto* mask = mask_.mutable_data_ptr<float>() + example * pixels_;
  for (std::int64_t i = 0; i < pixels_; ++i) {
    const bool none =
        std::isnan(numbers[i]) ||
        (wishes_.depthMissing && static_cast<double>(numbers[i]) == *wishes_.depthMissing);
    out[i] = none ? 0 : numbers[i];
    if (none) leaveOut(mask + i), ++left_;
    known_ = known_ || (trains_ && !none);
  }
}

void MapEncoder::addNormals(std::int64_t example, const float* numbers) {
  auto* out = target_.mutable_data_ptr<float>() + example * 3 * pixels_;
  auto* mask = mask_.mutable_data_ptr<float>() + example * 3 * pixels_;
  for (std::int64_t i = 0; i < pixels_; ++i) {
    double square = 0;
    for (std::int64_t k = 0; k < 3; ++k) {
      const double one = static_cast<double>(numbers[k * pixels_ + i]);
      square += one * one;
      negative_ = negative_ || one < 0;
    }
    const double length = std::sqrt(square);
    const bool none = length < kNoLength;
    if (!none && std::abs(length - 1) > kAlmostOne) ++stretched_;
    for (std::int64_t k = 0; k < 3; ++k) {
      const auto place = k * pixels_ + i;
      out[place] = none ? 0 : static_cast<float>(static_cast<double>(numbers[place]) / length);
      if (none) leaveOut(mask + place);
    }
    left_ += none;
    known_ = known_ || (trains_ && !none);
  }
}

void MapEncoder::end(Split& split) {
  split.targets.push_back(std::move(target_));
  split.masks.push_back(masked_ ? std::move(mask_) : at::Tensor());
}

TaskInfo MapEncoder::info(std::vector<Warning>& warnings) const {
  const auto note = [&](const std::string& text) {
    warnings.push_back({place_, fmt::format("task {}: {}", task_.name, text)});
  };
  if (!known_) fail("{}: task {}: no pixel of the training part has a value", place_, task_.name);
  if (left_ > 0) note(fmt::format("{} of {} pixels have no value and do not count", left_, all_));
  TaskInfo info;
  info.name = task_.name;
  info.imageShape = {size_[0], size_[1]};
  info.kind = task_.kind == MapKind::label ? TaskKind::segmentation : TaskKind::regression;
  info.width = task_.kind == MapKind::normal ? 3 * pixels_ : pixels_;
  if (task_.kind == MapKind::normal) {
    if (stretched_ > 0)
      note(fmt::format("{} of {} normals are of another length than 1 and are scaled to it",
                       stretched_, all_));
    if (!negative_) note("no normal has a component below 0; are they stored as (n + 1) / 2?");
  }
  if (task_.kind != MapKind::label) return info;
  info.width = std::ssize(seen_);
  if (info.width < 2) fail("{}: task {}: holds fewer than 2 classes", place_, task_.name);
  for (std::int64_t label = 0; label < info.width; ++label)
    info.classNames.push_back(std::to_string(label));
  const auto unlearned = std::count(learned_.begin(), learned_.end(), 0);
  if (unlearned > 0)
    note(fmt::format("{} of its {} classes have no pixel in the training part", unlearned,
                     info.width));
  return info;
}

}  // namespace eq::data
