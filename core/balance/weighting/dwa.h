#pragma once

#include "core/balance/balancer.h"
#include "core/balance/catalog.h"

namespace eq::balance {

/// Dynamic weight average: w = K softmax(r/T), r_k the ratio of the task's two last mean losses, so
/// that a task that falls slowly gets more. Means over epochs (window 0), or over the newer and
/// older half of the last 2 W steps. Until both means are there w = 1. Default T = 2.
/// Liu, Johns, Davison, End-to-End Multi-Task Learning with Attention, CVPR 2019.
CatalogRow<Balancer, const Setting&> dwaRow();

}  // namespace eq::balance
