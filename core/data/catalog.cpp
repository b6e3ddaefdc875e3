#include "core/data/catalog.h"

#include "core/data/arrays.h"
#include "core/data/digit_facts.h"
#include "core/data/digit_retrieval.h"
#include "core/data/digits.h"
#include "core/data/funnel.h"
#include "core/data/images.h"
#include "core/data/long_tailed_digits.h"
#include "core/data/maps.h"
#include "core/data/noisy_labels.h"
#include "core/data/problem.h"
#include "core/data/rooms.h"
#include "core/data/scale_imbalance.h"
#include "core/data/shifted.h"
#include "core/data/table.h"
#include "core/data/tokenised_series.h"
#include "core/data/two_digits.h"
#include "core/data/two_valleys.h"

namespace eq::data {

const Catalog<Dataset, const Setting&>& catalog() {
  static const Catalog<Dataset, const Setting&> table("dataset", {
                                                                     twoDigitsRow(),
                                                                     digitFactsRow(),
                                                                     twoValleysRow(),
                                                                     scaleImbalanceRow(),
                                                                     orderedDigitsRow(),
                                                                     longTailedDigitsRow(),
                                                                     noisyLabelsRow(),
                                                                     tokenisedSeriesRow(),
                                                                     roomsRow(),
                                                                     shiftedRow(),
                                                                     digitsRow(),
                                                                     funnelRow(),
                                                                     digitRetrievalRow(),
                                                                     twoViewsRow(),
                                                                     tableRow(),
                                                                     arraysRow(),
                                                                     imagesRow(),
                                                                     mapsRow(),
                                                                 });
  return table;
}

}  // namespace eq::data
