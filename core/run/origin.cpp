#include "core/run/origin.h"

#include "core/base/error.h"
#include "core/train/complete_experiment.h"

namespace eq::run {
namespace {

std::string originField(const nlohmann::json& imported, const char* key) {
  const auto found = imported.is_object() ? imported.find(key) : imported.end();
  return found != imported.end() && found->is_string() ? found->get<std::string>() : "";
}

}  // namespace

std::optional<Origin> originOf(const RunReader& run) {
  const auto experiment = run.experiment();
  if (!train::isImported(experiment)) return std::nullopt;
  const auto& imported = experiment.at("imported");
  return Origin{originField(imported, "from"), originField(imported, "place")};
}

std::string inWords(const Origin& origin) {
  return origin.place.empty() ? origin.from : origin.from + ", " + origin.place;
}

void requireOwn(const RunReader& run) {
  if (const auto origin = originOf(run))
    fail(
        "{}: was made by another program ({}), which alone can train it; here it can be looked at, "
        "compared and exported",
        run.folder().string(), inWords(*origin));
}

}  // namespace eq::run
