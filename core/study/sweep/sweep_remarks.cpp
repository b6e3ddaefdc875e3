#include "core/study/sweep/sweep_remarks.h"

#include <fmt/format.h>

namespace eq::study {

std::vector<std::string> unreadIn(const SweepSpec& sweep) {
  std::vector<std::string> unread;
  if (sweep.method == "grid" || sweep.method == "linear") return unread;
  for (const auto& field : sweep.fields)
    if (field.range && field.range->count)
      unread.push_back(fmt::format(
          "sweep.fields[\"{}\"].count: {} is not read: the method \"{}\" draws sweep.runs "
          "values from the range",
          field.path, *field.range->count, sweep.method));
  return unread;
}

}  // namespace eq::study
