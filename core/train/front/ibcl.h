#pragma once

#include "core/train/front_tables.h"

namespace eq::train {

/// Tasks come one after another, each for so many epochs. For task t and each prior a Gaussian over
/// the parameters is found by variational inference: the gradient of loss(μ + σε) + KL/N, one
/// reparametrised draw a batch, N training examples; the prior of the first task is N(0, σ_e²), of
/// each other the posterior of the task before. The model of a preference w is at
/// μ = Σ_t w_t mean_e μ_t,e, without training for it; `front` also draws models from the box around
/// it whose mass the theory, or the released code, says. Lu, Caprio, Eaton and Lee, IBCL: Zero-shot
/// Model Generation for Task Trade-offs in Continual Learning, 2023.
FrontRow ibclRow();

}  // namespace eq::train
