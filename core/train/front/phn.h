#pragma once

#include "core/train/front_tables.h"

namespace eq::train {

/// A Pareto hyper-network: a network α → θ makes the parameters of the model of the preference, and
/// is what is trained, at one α ~ Dirichlet(concentration) a step. `ls` lowers Σ α_k L_k; `epo`
/// K Σ β_k L_k with the weights β of EPO on the tasks' gradients in the hyper-network, one backward
/// pass through it a task. Navon, Shamsian, Fetaya and Chechik, Learning the Pareto Front with
/// Hypernetworks, ICLR 2021.
FrontRow phnRow();

}  // namespace eq::train
