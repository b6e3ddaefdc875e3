#pragma once

#include "core/balance/balancer.h"
#include "core/balance/catalog.h"

namespace eq::balance {

/// Improvable gap balancing by reinforcement learning: trains on Σ v_k log L_k with v = K
/// softmax(u) from a soft actor-critic agent (`WeightAgent`) that sees the losses over their base
/// and is paid min_k (L_k(t-1) - L_k(t))/base_k. v is random up to epoch `start_epoch`; the base is
/// the mean loss of epoch `base_epoch`, and transitions are kept from then on; from epoch
/// `update_after` on the agent learns every `update_every` steps, 25 (1 + filled share) times on
/// 128 (1 + filled share) of them. w = v/L; refuses a loss that is not above 0. A task that is
/// absent gets no weight, and the steps around that are not learned from. The reward does not
/// follow the learning rate, which a balancer does not know (the code scales it). Defaults: 1, 5,
/// 3, 50, lr 3e-4, 10000 transitions, layers of 128. Dai, Fei, Lu, Improvable Gap Balancing, UAI
/// 2023.
CatalogRow<Balancer, const Setting&> igbV2Row();

}  // namespace eq::balance
