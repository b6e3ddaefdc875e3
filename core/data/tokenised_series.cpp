#include "core/data/tokenised_series.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>

#include "core/base/error.h"
#include "core/base/random.h"
#include "core/data/compared_tasks.h"
#include "core/data/problem.h"
#include "core/data/views.h"

namespace eq::data {
namespace {

constexpr double kMeanTemperature = 16, kDaily = 6, kSlow = 4;  // °C
constexpr double kHoursOfDay = 24, kHoursOfWave = 240;          // hours
constexpr double kKept = 0.9;                                   // of the weather, from hour to hour
constexpr double kFrontChance = 0.01, kFrontDrop = 5;           // an hour, °C
constexpr std::int64_t kMostSeriesNumbers = std::int64_t{1} << 30;

struct SeriesScale {
  double mean = 0, deviation = 1;
};

SeriesScale seriesScaleOf(const std::vector<double>& values, std::int64_t count) {
  double sum = 0, squares = 0;
  for (std::int64_t i = 0; i < count; ++i) sum += values[static_cast<size_t>(i)];
  const double mean = sum / static_cast<double>(count);
  for (std::int64_t i = 0; i < count; ++i)
    squares += std::pow(values[static_cast<size_t>(i)] - mean, 2);
  return {mean, std::sqrt(std::max(squares / static_cast<double>(count), 1e-12))};
}

class TokenisedSeries : public Dataset {
 public:
  explicit TokenisedSeries(const Parameters& parameters)
      : parameters_(parameters),
        window_(parameters.integer("window")),
        horizon_(parameters.integer("horizon")),
        bins_{parameters.number("lowest"), parameters.number("highest"),
              parameters.integer("bins")},
        tokens_(comparedNames(parameters, "tasks")),
        numbers_(numberNames(parameters)) {
    if (!(bins_.highest > bins_.lowest))
      fail("data.highest: {} is not above lowest, {}", bins_.highest, bins_.lowest);
    for (const auto& name : numbers_)
      if (std::find(tokens_.begin(), tokens_.end(), name) != tokens_.end())
        fail("data.numbers: \"{}\" is a name in data.tasks already; give each task its own", name);
  }

  Problem load(std::uint64_t seed) const override {
    const auto train = parameters_.integer("train"), test = parameters_.integer("test");
    const auto validation = parameters_.integer("validation");
    if ((train + validation + test) * (window_ + 1) > kMostSeriesNumbers)
      fail("data.train: {} examples of {} values take more than 4 GiB; ask for fewer", train,
           window_);
    const auto series = temperatures(train + validation + test + 3 * reach(),
                                     parameters_.number("noise"), deriveSeed(seed, "series"));
    const auto standard = seriesScaleOf(series, train + reach());
    Problem problem;
    problem.augmentation = augmentationOf(parameters_, false);
    problem.inputShape = {window_};
    for (auto hours = window_ - 1; hours >= 0; --hours)
      problem.inputs.push_back(
          {fmt::format("{} hours ago", hours), standard.mean, standard.deviation});
    std::int64_t first = 0;
    for (auto [split, count] :
         {std::pair(&problem.train, train), std::pair(&problem.validation, validation),
          std::pair(&problem.test, test)}) {
      *split = makeSplit(series, first, count, standard);
      first += count + reach();
    }
    addTasks(problem);
    warnOfEnds(problem, series);
    return problem;
  }

 private:
  static std::vector<std::string> numberNames(const Parameters& parameters) {
    if (parameters.at("numbers") == nlohmann::json::array()) return {};
    return comparedNames(parameters, "numbers");
  }

  /// Values that an example spans but for its first one. As many lie between two parts, so that no
  /// value is in both.
  std::int64_t reach() const { return window_ - 1 + horizon_; }

  /// Windows that begin at hour `first` and later; the token and the number come after each.
  Split makeSplit(const std::vector<double>& series, std::int64_t first, std::int64_t count,
                  const SeriesScale& standard) const {
    auto inputs = at::empty({count, window_}, at::kFloat);
    auto token = at::empty({count}, at::kLong);
    auto number = at::empty({count}, at::kFloat);
    float* input = inputs.mutable_data_ptr<float>();
    for (std::int64_t i = 0; i < count; ++i) {
      const double* window = series.data() + first + i;
      for (std::int64_t j = 0; j < window_; ++j)
        *input++ = static_cast<float>((window[j] - standard.mean) / standard.deviation);
      const double value = window[reach()];
      token.mutable_data_ptr<std::int64_t>()[i] = bins_.binOf(value);
      number.mutable_data_ptr<float>()[i] = static_cast<float>(value);
    }
    Split split{inputs, {}, {}, {}};
    split.targets.resize(tokens_.size(), token);
    split.targets.resize(tokens_.size() + numbers_.size(), number);
    split.masks.resize(split.targets.size());
    return split;
  }

  void addTasks(Problem& problem) const {
    std::vector<std::string> centres;
    for (std::int64_t bin = 0; bin < bins_.count; ++bin)
      centres.push_back(fmt::format("{:.6g}", bins_.centre(bin)));
    for (const auto& name : tokens_)
      problem.tasks.push_back({name, TaskKind::ordinal, bins_.count, centres, "°C", {}});
    for (const auto& name : numbers_)
      problem.tasks.push_back({name, TaskKind::regression, 1, {}, "°C", {}});
  }

  void warnOfEnds(Problem& problem, const std::vector<double>& series) const {
    const auto beyond = std::count_if(series.begin(), series.end(), [&](double value) {
      return value < bins_.lowest || value >= bins_.highest;
    });
    if (beyond > 0)
      problem.warnings.push_back(
          {"data.bins", fmt::format("{} of {} values of the series lie beyond {} to {} °C; as "
                                    "targets they count to the outermost bins",
                                    beyond, series.size(), bins_.lowest, bins_.highest)});
  }

  Parameters parameters_;
  std::int64_t window_, horizon_;
  SeriesBins bins_;
  std::vector<std::string> tokens_, numbers_;
};

std::vector<ParameterSpec> seriesParameters() {
  auto numbers = comparedTasks("");
  numbers.name = "numbers";
  numbers.doc =
      "Names of further tasks whose target is the number itself, for losses of numbers; may be []";
  numbers.defaultValue = nlohmann::json::array();
  return {
      comparedTasks("token"),
      numbers,
      ParameterSpec::integer("bins", 24, "Bins, each of which is a token").from(2).to(1000),
      ParameterSpec::number("lowest", -8, "Lower end of the first bin").in("°C"),
      ParameterSpec::number("highest", 40, "Upper end of the last bin").in("°C"),
      ParameterSpec::integer("window", 24, "Values that are known").from(1).to(10000).in("hours"),
      ParameterSpec::integer("horizon", 6, "How much later the value is that is asked for")
          .from(1)
          .to(10000)
          .in("hours"),
      ParameterSpec::number("noise", 1,
                            "SeriesScale deviation of what the weather changes in an hour")
          .from(0)
          .to(100)
          .in("°C"),
      ParameterSpec::integer("train", 2000, "Training examples").from(1).to(1e6),
      ParameterSpec::integer("validation", 1000, "Validation examples").from(1).to(1e6),
      ParameterSpec::integer("test", 1000, "Test examples").from(1).to(1e6),
  };
}

}  // namespace

std::int64_t SeriesBins::binOf(double value) const {
  const double bin = std::floor((value - lowest) / width());
  return static_cast<std::int64_t>(std::clamp(bin, 0.0, static_cast<double>(count - 1)));
}

std::vector<double> temperatures(std::int64_t hours, double noise, std::uint64_t seed) {
  RandomStream random(seed);
  std::vector<double> series;
  double weather = 0;
  for (std::int64_t hour = 0; hour < hours; ++hour) {
    const double turn = 2 * std::numbers::pi * static_cast<double>(hour);
    const bool front = random.uniform() < kFrontChance;
    weather = kKept * weather + noise * random.normal() - (front ? kFrontDrop : 0);
    series.push_back(kMeanTemperature + kDaily * std::sin(turn / kHoursOfDay) +
                     kSlow * std::sin(turn / kHoursOfWave) + weather);
  }
  return series;
}

CatalogRow<Dataset, const Setting&> tokenisedSeriesRow() {
  Descriptor descriptor;
  descriptor.id = "tokenised_series";
  descriptor.title = "Series as tokens";
  descriptor.summary =
      "Which bin will the temperature be in some hours later? A made-up hourly series, its values "
      "cut into tokens as language models of series do. Every task has the same target.";
  descriptor.formula =
      "y_t = 16 + 6 sin(2πt/24) + 4 sin(2πt/240) + w_t, w_t = 0.9 w_{t−1} + ε_t − 5·1{front}, "
      "P(front) = 0.01; token = bin of y_{t+h}";
  descriptor.citation =
      "A. F. Ansari et al., Chronos: Learning the Language of Time Series, TMLR 2024; A. Chernov, "
      "Fine-Tuning a Time Series Foundation Model with Wasserstein Loss, 2024";
  descriptor.parameters = withViews(seriesParameters(), {0.1, 0.1, 0}, false);
  descriptor.taskKinds = {TaskKind::ordinal, TaskKind::regression};
  descriptor.traits = {{"tasks_from", {"tasks", "numbers", "bins", "lowest", "highest"}}};
  return {descriptor, [](const Parameters& parameters, const Setting&) {
            return std::make_unique<TokenisedSeries>(parameters);
          }};
}

}  // namespace eq::data
