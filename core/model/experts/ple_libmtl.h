#pragma once

#include <memory>

#include "core/model/base_network.h"
#include "core/model/model.h"

namespace eq::model {

/// The form of LibMTL: shared experts read the stream of every task in turn, and there is no shared
/// one, so that a task's experts and gates are its own at all levels. \pre two levels or more; with
/// one both forms are the same.
std::unique_ptr<Model> pleOfLibmtl(const Parameters& parameters, const BaseNetwork& base,
                                   const Setting& setting);

}  // namespace eq::model
