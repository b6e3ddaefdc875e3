#include "core/train/loss_probe.h"

#include <algorithm>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>

#include "core/base/error.h"
#include "core/train/passes.h"

namespace eq::train {
namespace {

/// Times that a probe of so many examples goes into a chunk of about 1,024, or of all.
std::int64_t chunkOfProbes(std::int64_t probe, std::int64_t examples) {
  return std::clamp((examples + probe - 1) / probe, std::int64_t{1},
                    std::max<std::int64_t>(1, 1024 / probe));
}

/// All examples in chunks of one size, each from everywhere in the data; some come twice.
std::vector<at::Tensor> chunksOf(std::int64_t examples, std::int64_t size) {
  const auto count = (examples + size - 1) / size;
  std::vector<at::Tensor> chunks;
  for (std::int64_t first = 0; first < count; ++first)
    chunks.push_back((at::arange(size, at::kLong) * count + first).remainder(examples));
  return chunks;
}

/// Each of the rows `times`; of first and second views apart.
at::Tensor repeated(const at::Tensor& rows, std::int64_t times, bool views) {
  std::vector<at::Tensor> parts;
  for (const auto& part : rows.chunk(views ? 2 : 1))
    parts.insert(parts.end(), static_cast<size_t>(times), part);
  return at::cat(parts);
}

void probeAll(const RunParts& parts, const model::Model& network, const TaskRuntime& task,
              size_t k) {
  const auto& train = parts.problem.train;
  const auto rows =
      parts.sampler->indices().narrow(0, 0, std::min<std::int64_t>(parts.sampler->batchSize(), 64));
  const model::Pass pass{.views = task.readsViews(), .at = parts.ofPass()};
  const auto inputs = asRead(parts, withViews(parts.problem, train.inputs.index_select(0, rows),
                                              pass.views, seedOfViews(parts.experiment)));
  auto read = network.readBy(k, network.represent(inputs, pass));
  const auto check = [&](const at::Tensor& chosen, const model::HeadOutput& output) {
    task.loss().check(task.batch(train, chosen, output));
  };
  check(rows, network.head(k, read, pass));
  if (parts.problem.objective) return;
  const auto repeats = chunkOfProbes(rows.size(0), train.size());
  for (auto& one : read) one = repeated(one, repeats, pass.views);
  const auto output = network.head(k, read, pass);
  for (const auto& chunk : chunksOf(train.size(), rows.size(0) * repeats))
    check(chunk.to(parts.device), output);
}

void requireCompany(const RunParts& parts, const TaskRuntime& task, size_t k) {
  if (!task.comparesExamples() || parts.problem.objective || parts.sampler->batchSize() > 1) return;
  const bool few = parts.problem.train.size() < 2;
  fail(
      "{}: the loss of task {} (tasks[{}].loss) compares the examples of a batch with each other "
      "and says nothing of one; {}, or choose another loss",
      few ? "data" : "batch_size", task.info().name, k,
      few ? "there is 1 training example, take more" : "set batch_size to 2 or more, found 1");
}

}  // namespace

void probeLoss(const RunParts& parts, const model::Model& network, const TaskRuntime& task,
               size_t k) {
  requireCompany(parts, task, k);
  const at::NoGradGuard noGradients;
  try {
    probeAll(parts, network, task, k);
  } catch (const Error& error) {
    throw Error(fmt::format("tasks[{}].loss: {}", k, error.what()), error.kind());
  }
}

}  // namespace eq::train
