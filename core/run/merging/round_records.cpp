#include "core/run/merging/round_records.h"

namespace eq::run {
namespace {

using nlohmann::json;

json stepJson(const train::StepRecord& record) {
  return {{"step", record.step},       {"epoch", record.epoch},       {"examples", record.examples},
          {"seconds", record.seconds}, {"rate", record.learningRate}, {"losses", record.losses},
          {"weights", record.weights}};
}

train::StepRecord stepFrom(const json& value) {
  train::StepRecord record;
  value.at("step").get_to(record.step);
  value.at("epoch").get_to(record.epoch);
  value.at("examples").get_to(record.examples);
  value.at("seconds").get_to(record.seconds);
  value.at("rate").get_to(record.learningRate);
  value.at("losses").get_to(record.losses);
  value.at("weights").get_to(record.weights);
  return record;
}

json reportJson(const metric::ClassReport& report) {
  auto bins = json::array();
  for (const auto& bin : report.bins) bins.push_back({bin.count, bin.confidence, bin.right});
  return {{"classes", report.classes}, {"confusion", report.confusion}, {"bins", bins}};
}

metric::ClassReport reportFrom(const json& value) {
  metric::ClassReport report{value.at("classes").get<std::int64_t>(),
                             value.at("confusion").get<std::vector<double>>(),
                             {}};
  for (const auto& bin : value.at("bins"))
    report.bins.push_back(
        {bin.at(0).get<double>(), bin.at(1).get<double>(), bin.at(2).get<double>()});
  return report;
}

json evaluationJson(const train::EvaluationRecord& record) {
  auto reports = json::array();
  for (const auto& [task, report] : record.reports) reports.push_back({task, reportJson(report)});
  return {{"step", record.step},
          {"epoch", record.epoch},
          {"seconds", record.seconds},
          {"tasks", record.tasks},
          {"reports", reports}};
}

/// Of the validation split.
train::EvaluationRecord evaluationFrom(const json& value) {
  train::EvaluationRecord record;
  value.at("step").get_to(record.step);
  value.at("epoch").get_to(record.epoch);
  value.at("seconds").get_to(record.seconds);
  value.at("tasks").get_to(record.tasks);
  for (const auto& report : value.at("reports"))
    record.reports.emplace(report.at(0).get<size_t>(), reportFrom(report.at(1)));
  return record;
}

}  // namespace

json roundsAsJson(const Records& records) {
  json rounds{{"steps", json::array()}, {"evaluations", json::array()}};
  for (const auto& record : records.steps) rounds["steps"].push_back(stepJson(record));
  for (const auto& record : records.evaluations)
    rounds["evaluations"].push_back(evaluationJson(record));
  return rounds;
}

Records roundsFrom(const json& rounds) {
  Records records;
  for (const auto& step : rounds.at("steps")) records.steps.push_back(stepFrom(step));
  for (const auto& one : rounds.at("evaluations"))
    records.evaluations.push_back(evaluationFrom(one));
  return records;
}

}  // namespace eq::run
