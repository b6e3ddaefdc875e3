#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <QCoreApplication>
#include <QProcess>

#include "core/run/run_folder.h"
#include "tests/app/cli/cli_support.h"

constexpr int kAWhile = 60000;  // ms, for machines with much else to do

/// equipoise-cli, beside the tests' own program.
inline QString cliProgram() {
  return QCoreApplication::applicationDirPath() + "/../app/equipoise-cli";
}

inline QStringList wordsOf(const std::vector<std::string>& arguments) {
  QStringList words;
  for (const auto& one : arguments) words << QString::fromStdString(one);
  return words;
}

/// What equipoise-cli answers in a process of its own.
inline Answer answerOf(const std::vector<std::string>& arguments) {
  QProcess process;
  process.start(cliProgram(), wordsOf(arguments));
  if (!process.waitForFinished(2 * kAWhile)) qFatal("equipoise-cli does not end");
  return {process.exitCode(), process.readAllStandardOutput().toStdString(),
          process.readAllStandardError().toStdString()};
}

/// Of /proc/PID/stat behind the name, which may hold anything: state, parent, ...
inline QStringList statusOf(const std::string& process) {
  std::ifstream file("/proc/" + process + "/stat");
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  const auto end = text.rfind(')');
  return end == std::string::npos ? QStringList()
                                  : QString::fromStdString(text.substr(end + 2)).split(' ');
}

/// Not where it has ended and nobody asked after it.
inline bool isAlive(qint64 process) {
  const auto status = statusOf(std::to_string(process));
  return !status.isEmpty() && status[0] != "Z" && status[0] != "X";
}

inline std::vector<qint64> childrenOf(qint64 parent) {
  std::vector<qint64> children;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const auto name = QString::fromStdString(entry.path().filename().string());
    if (name.toLongLong() == 0) continue;  // is no process
    const auto status = statusOf(name.toStdString());
    if (status.size() > 1 && status[0] != "Z" && status[1].toLongLong() == parent)
      children.push_back(name.toLongLong());
  }
  return children;
}

/// What a run trained, without the times.
inline nlohmann::json seriesOf(const std::string& folder) {
  auto rows = nlohmann::json::parse(call({"export", folder, "--series", "json"}).out);
  for (auto& row : rows) row.erase("seconds");
  return rows;
}

inline nlohmann::json shownSweep(const std::string& folder) {
  const auto answer = call({"sweep", "show", folder, "--json"});
  if (answer.code != 0) qFatal("%s", answer.err.c_str());
  return nlohmann::json::parse(answer.out);
}

inline nlohmann::json runsIn(const std::string& folder) {
  return shownSweep(folder)["runs"];
}

inline std::string runState(const nlohmann::json& sweep, size_t run) {
  return sweep.at("runs").at(run).at("state");
}
