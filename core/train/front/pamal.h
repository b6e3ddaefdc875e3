#pragma once

#include "core/train/front_tables.h"

namespace eq::train {

/// Pareto manifold learning: one network a task, trained so that each mixture θ(α) = Σ α_k θ_k of
/// them serves the preference α. A step draws α_w ~ Dirichlet(concentration) W times and lowers
/// Σ_w Σ_k α_w,k L_k(θ(α_w)) + λR on one batch; the gradient of member k is Σ_w α_w,k ∇θ(α_w). All
/// tensors are mixed, those of heads too. Without R one pass and one backward a sample; with R the
/// losses of all samples are read first, so that each passes twice. Dimitriadis, Frossard and
/// Fleuret, Pareto Manifold Learning: Tackling Multiple Tasks via Ensembles of Single-task Models,
/// ICML 2023.
FrontRow pamalRow();

}  // namespace eq::train
