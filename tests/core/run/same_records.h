#pragma once

#include <algorithm>
#include <cstring>
#include <map>
#include <vector>

#include "core/train/records.h"

// Records compared bit for bit: NaN equals NaN, and 0 differs from -0.

inline bool same(double a, double b) {
  return std::memcmp(&a, &b, sizeof a) == 0;
}

inline bool same(const std::vector<double>& a, const std::vector<double>& b) {
  return a.size() == b.size() &&
         (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(double)) == 0);
}

inline bool same(const std::vector<eq::train::TermRecord>& a,
                 const std::vector<eq::train::TermRecord>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.task == y.task && x.name == y.name && same(x.value, y.value);
  });
}

inline bool same(const std::vector<eq::train::ObservationRecord>& a,
                 const std::vector<eq::train::ObservationRecord>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.name == y.name && x.task == y.task && x.place == y.place && x.shape == y.shape &&
           same(x.values, y.values);
  });
}

inline bool same(const std::vector<eq::train::LayerConflict>& a,
                 const std::vector<eq::train::LayerConflict>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.name == y.name && same(x.norms, y.norms) && same(x.cosines, y.cosines);
  });
}

inline bool same(const eq::train::ConflictRecord& a, const eq::train::ConflictRecord& b) {
  return a.source == b.source && same(a.norms, b.norms) && same(a.cosines, b.cosines) &&
         same(a.conditionNumber, b.conditionNumber) && same(a.sumNorm, b.sumNorm) &&
         same(a.updateNorm, b.updateNorm) && same(a.layers, b.layers);
}

inline bool same(const eq::train::AffinityRecord& a, const eq::train::AffinityRecord& b) {
  return same(a.before, b.before) && same(a.after, b.after);
}

inline bool same(const std::vector<eq::train::PreferenceRecord>& a,
                 const std::vector<eq::train::PreferenceRecord>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.sample == y.sample && same(x.values, y.values);
  });
}

inline bool same(const eq::train::StepRecord& a, const eq::train::StepRecord& b) {
  return a.step == b.step && same(a.epoch, b.epoch) && a.examples == b.examples &&
         same(a.seconds, b.seconds) && same(a.learningRate, b.learningRate) &&
         same(a.losses, b.losses) && same(a.terms, b.terms) &&
         same(a.observations, b.observations) && same(a.preferences, b.preferences) &&
         same(a.weights, b.weights) && same(a.point, b.point) &&
         a.conflict.has_value() == b.conflict.has_value() &&
         (!a.conflict || same(*a.conflict, *b.conflict)) &&
         a.affinity.has_value() == b.affinity.has_value() &&
         (!a.affinity || same(*a.affinity, *b.affinity));
}

inline bool same(const eq::metric::ReliabilityBin& a, const eq::metric::ReliabilityBin& b) {
  return same(a.count, b.count) && same(a.confidence, b.confidence) && same(a.right, b.right);
}

inline bool same(const eq::metric::ClassReport& a, const eq::metric::ClassReport& b) {
  return a.classes == b.classes && same(a.confusion, b.confusion) &&
         a.bins.size() == b.bins.size() &&
         std::equal(a.bins.begin(), a.bins.end(), b.bins.begin(),
                    [](const auto& x, const auto& y) { return same(x, y); });
}

inline bool same(const eq::metric::Interval& a, const eq::metric::Interval& b) {
  return same(a.low, b.low) && same(a.high, b.high) && same(a.confidence, b.confidence) &&
         a.resamples == b.resamples;
}

/// Of maps with records.
template <typename Key, typename Record>
inline bool same(const std::map<Key, Record>& a, const std::map<Key, Record>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.first == y.first && same(x.second, y.second);
  });
}

inline bool same(const eq::train::FrontPoint& a, const eq::train::FrontPoint& b) {
  return same(a.preference, b.preference) &&
         std::equal(a.tasks.begin(), a.tasks.end(), b.tasks.begin(), b.tasks.end(),
                    [](const auto& x, const auto& y) { return same(x, y); });
}

inline bool same(const eq::train::EvaluationRecord& a, const eq::train::EvaluationRecord& b) {
  if (a.step != b.step || !same(a.epoch, b.epoch) || !same(a.seconds, b.seconds) ||
      a.split != b.split || a.tasks.size() != b.tasks.size())
    return false;
  for (size_t k = 0; k < a.tasks.size(); ++k)
    if (!same(a.tasks[k], b.tasks[k])) return false;
  if (!std::equal(a.front.begin(), a.front.end(), b.front.begin(), b.front.end(),
                  [](const auto& x, const auto& y) { return same(x, y); }))
    return false;
  return same(a.reports, b.reports) && same(a.intervals, b.intervals);
}

inline bool same(const eq::train::EventRecord& a, const eq::train::EventRecord& b) {
  return eq::train::toJson(a) == eq::train::toJson(b);
}

template <typename Record>
inline bool same(const std::vector<Record>& a, const std::vector<Record>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const Record& x, const Record& y) { return same(x, y); });
}
