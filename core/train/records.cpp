#include "core/train/records.h"

#include <cmath>

namespace eq::train {

std::string toText(SplitName split) {
  switch (split) {
    case SplitName::train:
      return "train";
    case SplitName::validation:
      return "validation";
    case SplitName::test:
      return "test";
  }
  return "?";
}

std::string toText(GradientSource source) {
  switch (source) {
    case GradientSource::exact:
      return "exact";
    case GradientSource::representation:
      return "representation";
    case GradientSource::feedback:
      return "feedback";
  }
  return "?";
}

std::vector<double> affinities(const AffinityRecord& record) {
  const auto count = record.before.size();
  std::vector<double> found;
  for (size_t cell = 0; cell < record.after.size(); ++cell) {
    const double before = record.before[cell % count];
    found.push_back(before == 0 ? std::nan("") : 1 - record.after[cell] / before);
  }
  return found;
}

nlohmann::json toJson(const EventRecord& event) {
  return {{"step", event.step},
          {"seconds", event.seconds},
          {"kind", event.kind},
          {"text", event.text},
          {"detail", event.detail}};
}

EventRecord eventFromJson(const nlohmann::json& value) {
  EventRecord event;
  event.step = value.at("step").get<std::int64_t>();
  event.seconds = value.at("seconds").get<double>();
  event.kind = value.at("kind").get<std::string>();
  event.text = value.at("text").get<std::string>();
  event.detail = value.at("detail");
  return event;
}

}  // namespace eq::train
