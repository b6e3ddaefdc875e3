#include "core/metric/tables.h"

#include "core/metric/runs/continual.h"
#include "core/metric/runs/multi_task.h"
#include "core/metric/runs/pareto.h"

namespace eq::metric {

std::vector<CatalogRow<Metric>> runsRows() {
  return {
      deltaMRow(),
      meanRankRow(),
      hypervolumeRow(),
      igdRow(),
      gdRow(),
      igdPlusRow(),
      spreadRow(),
      continualAccuracyRow(),
      backwardTransferRow(),
      forgettingRow(),
      forwardTransferRow(),
  };
}

}  // namespace eq::metric
