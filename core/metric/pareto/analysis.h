#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/parameter.h"
#include "core/metric/points.h"

namespace eq::metric {

/// What is asked of a set of points. All numbers are in the user's direction.
struct FrontQuestion {
  Points points = {};               ///< [n][m]; those with numbers that are not finite do not count
  std::vector<char> maximise = {};  ///< [m]
  std::optional<Point> reference = std::nullopt;  ///< [m]; nothing: the usual one
  Points front = {};                              ///< [k][m] to compare with, or empty
  bool namedFront = false;                        ///< the front came from an id
  std::optional<std::vector<std::int64_t>> groups = std::nullopt;  ///< [n]
  std::optional<Points> curve = std::nullopt;                      ///< [t][2]
};

/// How it is answered; the parameters of `frontParameters`.
struct FrontOptions {
  double epsilon = 0;
  bool normalise = false;
  std::string knee = "distance";  ///< or trade_off, bend
  double neighbourhood = 0.125;
  std::int64_t bendSpan = 1;
  std::vector<double> levels = {0.25, 0.5, 0.75};
  bool monteCarlo = false;
  std::int64_t samples = 100000;
  std::uint64_t seed = 0;  ///< of the samples
};

/// In the user's direction. NaN stands for what is undefined and for points that do not count,
/// which have rank -1.
struct FrontAnswer {
  Points points;  ///< as they were asked about
  std::vector<std::int64_t> ranks;
  std::vector<double> crowding;  ///< infinite at the ends
  std::vector<size_t> nonDominated, excluded;
  Point ideal, nadir, reference;  ///< empty where there is none
  double hypervolume = 0, standardError = 0;
  std::vector<double> contributions;
  double igd = 0, gd = 0, igdPlus = 0, gdPlus = 0, epsilon = 0, epsilonMultiplicative = 0;
  std::optional<size_t> knee;
  std::vector<double> kneeDistance, tradeOff, bend;
  std::vector<double> levels;
  std::vector<Points> surfaces;  ///< one a level; empty where none were asked for
  double auc = 0;
  Points namedFront;
};

/// \pre all lists fit together; groups and the knee bend have two objectives.
FrontAnswer analyseFront(const FrontQuestion& question, const FrontOptions& options);

std::vector<ParameterSpec> frontParameters();
FrontOptions frontOptions(const Parameters& parameters, std::uint64_t seed);

}  // namespace eq::metric
