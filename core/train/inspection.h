#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

#include "core/metric/points.h"
#include "core/train/example_view.h"
#include "core/train/records.h"
#include "core/train/run_parts.h"

namespace eq::train {

// Looks at a run that change nothing of what follows.

const data::Split& splitOf(const data::Problem& problem, SplitName name);
/// Of the validation split also the front, where one is trained.
EvaluationRecord evaluate(const RunParts& parts, SplitName name);
/// The model of a front at one preference, the whole one, over a split.
/// \throws Error where none is trained.
FrontPoint pointOnFront(const RunParts& parts, const data::Split& split,
                        const metric::Point& preference);
/// The front over a split: a point a preference, of a SizedFront one of each size from the smallest
/// on. \param samples whether those of a SampledFront are wanted beside them.
/// \throws Error where none is trained.
std::vector<FrontPoint> frontOf(const RunParts& parts, const data::Split& split,
                                const metric::Points& preferences, bool samples = false);
IntervalRecord intervals(const RunParts& parts, SplitName name);
/// What a task says of these inputs, as metrics read it; on the CPU.
/// \throws Error when the task's loss has a prediction without such a form.
at::Tensor predictions(const RunParts& parts, size_t task, const at::Tensor& inputs);
ExampleView view(const RunParts& parts, const ExampleRequest& request);
/// \throws Error when an index is not one of a validation example.
std::vector<ExamplePicture> pictures(const RunParts& parts,
                                     const std::vector<std::int64_t>& indices);

}  // namespace eq::train
