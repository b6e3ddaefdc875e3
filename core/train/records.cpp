#include "core/train/records.h"

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
