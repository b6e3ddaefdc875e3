#pragma once

#include <string>
#include <utility>
#include <vector>

#include "widgets/session/run_data.h"

namespace eq::widgets {

/// How much the tasks disagree in a layer, over the newest samples of the layer map.
struct LayerStrife {
  std::string layer;
  double cosine = 0;            ///< mean over pairs and samples
  double conflicts = 0;         ///< share of pairs and samples whose cosine is below 0
  double worst = 0;             ///< the lowest mean over samples of a pair
  std::pair<int, int> between;  ///< that pair
};

/// The layers of the newest sample, those with the lowest mean cosine first; layers without a
/// finite cosine are left out. \param samples how many of the newest count; set to those that there
/// were.
std::vector<LayerStrife> layersByConflict(const RunData& data, std::size_t& samples);

}  // namespace eq::widgets
