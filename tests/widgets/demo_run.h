#pragma once

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "widgets/session/run_data.h"

namespace eq::widgets {

/// The tasks of a made-up run.
inline std::vector<TaskInfo> demoTasks(int count) {
  static const std::vector<std::string> kNames{"left",  "right", "digit", "parity", "ink",
                                               "image", "edges", "depth", "pose",   "age"};
  std::vector<TaskInfo> tasks(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i)
    tasks[static_cast<std::size_t>(i)].name = kNames[static_cast<std::size_t>(i) % kNames.size()];
  return tasks;
}

/// Records of the steps first..last of a made-up run of `tasks` tasks: falling noisy losses,
/// turning gradients.
inline run::Records demoRecords(std::int64_t first, std::int64_t last, int tasks,
                                std::int64_t sampleEvery = 10) {
  run::Records out;
  std::mt19937_64 random(static_cast<std::uint64_t>(first));
  std::normal_distribution<double> noise;
  for (std::int64_t step = first; step <= last; ++step) {
    train::StepRecord record;
    record.step = step;
    record.epoch = static_cast<double>(step) / 79;
    record.examples = step * 256;
    record.seconds = static_cast<double>(step) * 0.01;
    record.learningRate = 1e-3;
    const double t = static_cast<double>(step);
    for (int k = 0; k < tasks; ++k) {
      record.losses.push_back((0.05 + 2.3 * std::exp(-t / (200 + 90 * k))) *
                              std::exp(0.2 * noise(random)) * (1 + k));
      record.weights.push_back(1.0 / tasks + 0.1 * std::sin(t / 150 + k));
    }
    if (sampleEvery > 0 && step % sampleEvery == 0) {
      train::ConflictRecord conflict;
      for (int a = 0; a < tasks; ++a) {
        conflict.norms.push_back((1 + a) * std::exp(-t / 900) * std::exp(0.1 * noise(random)));
        for (int b = 0; b < tasks; ++b)
          conflict.cosines.push_back(a == b ? 1 : std::cos((a + b) * 1.1 + t / 400));
      }
      conflict.conditionNumber = 3 + 40 * std::exp(-t / 300) * std::exp(0.3 * noise(random));
      record.conflict = conflict;
    }
    out.steps.push_back(std::move(record));
  }
  return out;
}

/// A made-up report of `perClass` examples a class: this share of each is decided rightly, the
/// others as the next class; confidences lie above the accuracy.
inline metric::ClassReport demoReport(int classes, int perClass, double right) {
  metric::ClassReport report;
  report.classes = classes;
  const double hits = std::round(perClass * std::max(right, 0.0));
  for (int target = 0; target < classes; ++target)
    for (int prediction = 0; prediction < classes; ++prediction)
      report.confusion.push_back(prediction == target                   ? hits
                                 : prediction == (target + 1) % classes ? perClass - hits
                                                                        : 0);
  report.bins.resize(metric::kReliabilityBins);
  double left = classes * perClass;
  for (std::size_t bin = 14; bin > 0 && left > 0; --bin) {
    const double count = bin > 8 ? std::ceil(left * 0.6) : left;
    const double confidence = (static_cast<double>(bin) + 0.5) / 15;
    report.bins[bin] = {count, count * confidence, std::floor(count * confidence * 0.9)};
    left -= count;
  }
  return report;
}

inline train::EvaluationRecord demoEvaluation(std::int64_t step, int tasks,
                                              train::SplitName split) {
  train::EvaluationRecord out;
  out.step = step;
  out.epoch = static_cast<double>(step) / 79;
  out.seconds = static_cast<double>(step) * 0.01;
  out.split = split;
  for (int k = 0; k < tasks; ++k) {
    const double left = std::exp(-static_cast<double>(step) / (200 + 90 * k));
    const double gap = split == train::SplitName::train ? 1 : 1.2;
    out.tasks.push_back({{"loss", gap * (0.06 + 2.3 * left) * (1 + k)},
                         {"accuracy", 0.98 - 0.88 * left * gap},
                         {"f1", 0.97 - 0.9 * left * gap}});
    out.reports[static_cast<std::size_t>(k)] = demoReport(10, 40, out.tasks.back()["accuracy"]);
  }
  return out;
}

inline train::EventRecord demoEvent(std::int64_t step, const std::string& kind,
                                    const std::string& text) {
  train::EventRecord out;
  out.step = step;
  out.seconds = static_cast<double>(step) * 0.01;
  out.kind = kind;
  out.text = text;
  return out;
}

}  // namespace eq::widgets
