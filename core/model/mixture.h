#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>
#include <nlohmann/json.hpp>

#include "core/model/layer.h"

namespace eq::model {

// What models share that mix the outputs of experts by gates.

/// Σ_e g_e f_e, [N, F] of experts whose outputs are flattened. \param gate [N, E].
at::Tensor mixtureOf(const at::Tensor& gate, const std::vector<at::Tensor>& experts,
                     const Pass& pass);
/// The same in the shape of an expert's output.
at::Tensor mixedMaps(const at::Tensor& gate, const std::vector<at::Tensor>& experts,
                     const Pass& pass);

// What is recorded is of the examples themselves where the pass has second views, and of tasks that
// are wanted.

/// Records a gate as `gate.TASK`, `gate.PLACE` or `gate.TASK.PLACE`. \param gate [N, E].
void observeGate(const Pass& pass, std::int64_t task, const std::string& place,
                 const at::Tensor& gate);
/// What is recorded of a stream that all tasks share has this in the place of a task's name,
/// `gate.shared.1`.
inline constexpr const char* kSharedStream = "shared";
/// \param id of the model, for messages. \throws Error where a task is called so, too.
void requireNameOfShared(const std::vector<std::string>& tasks, const std::string& id);
/// Gives a task's part to `utilisation`: the share of examples whose largest entry an expert has,
/// over all tasks. \param gate [N, E]. \param places which of `total` experts its entries are.
void observeUse(const Pass& pass, const at::Tensor& gate, const std::vector<std::int64_t>& places,
                std::int64_t total);
/// The same of a gate that has an entry for each expert.
void observeUse(const Pass& pass, const at::Tensor& gate);

/// Records as `diversity` how unlike the experts' outputs are over the batch: the mean of their
/// distances divided by the largest one, itself a mean where several streams are recorded. Of a
/// single expert there is none.
void observeDiversity(const Pass& pass, const std::vector<at::Tensor>& experts);

/// The rows of the examples themselves, without second views.
at::Tensor examplesOf(const Pass& pass, const at::Tensor& rows);

/// How these are drawn, for descriptors. \param diverse whether there is a diversity among them.
nlohmann::json mixtureSeries(bool diverse = true);

}  // namespace eq::model
