// The layers and families of README, "How it is built", read from the #include lines of every
// folder.

#include <QtTest>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "tests/registry.h"

namespace fs = std::filesystem;

namespace {

const fs::path kRoot = eq::test::inSource("");

/// What the files of a layer may include, besides its own headers, std and the libraries that all
/// may use. A layer's folders are its families: each may include itself and the layer's top.
struct Rule {
  std::set<std::string> layers;
  std::set<std::string> libraries;
};

const std::map<std::string, Rule>& rules() {
  static const std::map<std::string, Rule> table = {
      {"core/base", {{}, {"eigen", "openssl"}}},
      {"core/data", {{"core/base"}, {"torch", "zlib", "png", "jpeg"}}},
      {"core/script", {{"core/base"}, {"torch"}}},
      {"core/model", {{"core/base", "core/script"}, {"torch"}}},
      {"core/loss", {{"core/base", "core/script"}, {"torch"}}},
      {"core/balance", {{"core/base"}, {"torch", "eigen"}}},
      {"core/gradient", {{"core/base", "core/model"}, {"torch", "eigen"}}},
      // A metric reads the predictions and targets that core/loss declares.
      {"core/metric", {{"core/base", "core/loss"}, {"torch", "eigen"}}},
      {"core/merge", {{"core/base", "core/metric"}, {"eigen"}}},
      {"core/relate", {{"core/base", "core/metric"}, {"eigen"}}},
      {"core/train",
       {{"core/base", "core/data", "core/script", "core/model", "core/loss", "core/balance",
         "core/gradient", "core/metric"},
        {"torch", "eigen"}}},
      // The runner drives the trainer and writes what it records; a metric says which way is
      // better.
      // Imports read CSV files; merges of runs merge their models.
      {"core/run",
       {{"core/base", "core/data", "core/script", "core/train", "core/metric", "core/merge"},
        {"torch", "sqlite", "zlib", "eigen"}}},
      {"core/study", {{"core/base", "core/metric", "core/train", "core/run"}, {"sqlite", "eigen"}}},
      {"app/cli",
       {{"core/base", "core/data", "core/script", "core/model", "core/loss", "core/balance",
         "core/gradient", "core/metric", "core/merge", "core/relate", "core/train", "core/run",
         "core/study"},
        {"cli11", "spdlog", "eigen"}}},
      {"widgets",
       {{"core/base", "core/data", "core/model", "core/loss", "core/balance", "core/gradient",
         "core/metric", "core/train", "core/run", "core/study"},
        {"qt"}}},
      {"app",
       {{"app/cli", "widgets", "core/base", "core/data", "core/script", "core/model", "core/loss",
         "core/balance", "core/gradient", "core/metric", "core/train", "core/run", "core/study"},
        {"qt", "spdlog"}}},
  };
  return table;
}

/// The library of a header that is not ours; empty: std, POSIX, fmt or nlohmann, which all may use.
std::string libraryOf(const std::string& header) {
  static const std::vector<std::pair<std::regex, std::string>> patterns = {
      {std::regex("(torch|ATen|c10|caffe2)/.*"), "torch"},
      {std::regex("Q[A-Z].*|Qt.*/.*|q[a-z]+\\.h|qcustomplot.*"), "qt"},
      {std::regex("Eigen/.*|unsupported/Eigen/.*"), "eigen"},
      {std::regex("sqlite3.*"), "sqlite"},
      {std::regex("zlib.h"), "zlib"},
      {std::regex("png.h"), "png"},
      {std::regex("jpeglib.h|jerror.h"), "jpeg"},
      {std::regex("openssl/.*"), "openssl"},
      {std::regex("CLI/.*"), "cli11"},
      {std::regex("spdlog/.*"), "spdlog"},
  };
  for (const auto& [pattern, library] : patterns)
    if (std::regex_match(header, pattern)) return library;
  return {};
}

/// What families may include beside themselves and the top of their layer.
const std::map<std::string, std::set<std::string>>& openFamilies() {
  static const std::map<std::string, std::set<std::string>> table = {
      {"widgets", {"widgets/style", "widgets/session"}},
      {"core/run/lab", {"core/run/merging"}},  // which it is a bench for
      {"widgets/explorer", {"widgets/plots"}},
      {"widgets/lab", {"widgets/plots"}},
      {"widgets/runs", {"widgets/plots"}},
      {"widgets/study", {"widgets/plots"}},
  };
  return table;
}

bool mayMeet(const std::string& folder, const std::string& family) {
  const auto found = openFamilies().find(folder);
  return found != openFamilies().end() && found->second.contains(family);
}

bool isOurs(const std::string& header) {
  return header.starts_with("core/") || header.starts_with("widgets/") ||
         header.starts_with("app/");
}

std::string folderOf(const std::string& header) {
  return fs::path(header).parent_path().generic_string();
}

/// The layer that a folder is in: itself, or the folder above for a family.
std::string layerOf(const std::string& folder) {
  return rules().contains(folder) ? folder : folderOf(folder);
}

/// The sentence that names the broken rule; empty when `folder` may include `header`.
std::string violation(const std::string& folder, const std::string& header) {
  const std::string layer = layerOf(folder);
  const Rule& rule = rules().at(layer);
  if (isOurs(header)) {
    const std::string other = folderOf(header);
    const std::string otherLayer = layerOf(other);
    const bool allowed = otherLayer == layer ? other == folder || other == layer ||
                                                   mayMeet(layer, other) || mayMeet(folder, other)
                                             : rule.layers.contains(otherLayer);
    return allowed ? "" : folder + " may not include " + other + " (" + header + ")";
  }
  const std::string library = libraryOf(header);
  if (library.empty() || rule.libraries.contains(library)) return {};
  return folder + " may not include " + library + " (" + header + ")";
}

std::vector<std::string> includesOf(const fs::path& file) {
  static const std::regex pattern("\\s*#\\s*include\\s*[<\"]([^>\"]+)[>\"].*");
  std::vector<std::string> headers;
  std::ifstream stream(file);
  std::smatch match;
  for (std::string line; std::getline(stream, line);)
    if (std::regex_match(line, match, pattern)) headers.push_back(match[1]);
  return headers;
}

std::vector<fs::path> sourcesOf(const std::string& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(kRoot / folder))
    if (entry.path().extension() == ".h" || entry.path().extension() == ".cpp")
      files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

/// Every folder that holds sources, families included.
std::vector<std::string> sourceFolders() {
  std::vector<std::string> folders;
  for (const char* part : {"core", "widgets", "app"}) {
    if (!sourcesOf(part).empty()) folders.push_back(part);
    for (const auto& entry : fs::recursive_directory_iterator(kRoot / part)) {
      const std::string folder = fs::relative(entry.path(), kRoot).generic_string();
      if (entry.is_directory() && !sourcesOf(folder).empty()) folders.push_back(folder);
    }
  }
  std::sort(folders.begin(), folders.end());
  return folders;
}

/// The chain of headers from `file` to a torch header ("a.h > b.h > ATen/x.h"); empty: none.
std::string pathToTorch(const std::string& file, std::set<std::string>& seen) {
  for (const auto& header : includesOf(kRoot / file)) {
    if (libraryOf(header) == "torch") return file + " > " + header;
    if (!isOurs(header) || !seen.insert(header).second) continue;
    const std::string rest = pathToTorch(header, seen);
    if (!rest.empty()) return file + " > " + rest;
  }
  return {};
}

}  // namespace

class TestLayers : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void theRulesRefuse_data() {
    QTest::addColumn<QString>("folder");
    QTest::addColumn<QString>("header");
    QTest::addColumn<bool>("allowed");
    QTest::newRow("Qt in core") << "core/train"
                                << "QString" << false;
    QTest::newRow("Qt module in core") << "core/base"
                                       << "QtCore/qstring.h" << false;
    QTest::newRow("torch in base") << "core/base"
                                   << "ATen/core/Tensor.h" << false;
    QTest::newRow("torch in widgets") << "widgets"
                                      << "c10/core/Device.h" << false;
    QTest::newRow("torch in app") << "app"
                                  << "torch/torch.h" << false;
    QTest::newRow("upwards") << "core/loss"
                             << "core/train/trainer.h" << false;
    QTest::newRow("widgets to app") << "widgets"
                                    << "app/main_window.h" << false;
    QTest::newRow("command line to widgets") << "app/cli"
                                             << "widgets/session/session.h" << false;
    QTest::newRow("family to family") << "core/loss/dense"
                                      << "core/loss/regression/wing.h" << false;
    QTest::newRow("top to family") << "core/balance"
                                   << "core/balance/gradient/kernels.h" << false;
    QTest::newRow("plots to explorer") << "widgets/plots"
                                       << "widgets/explorer/loss_explorer.h" << false;
    QTest::newRow("style to plots") << "widgets/style"
                                    << "widgets/plots/plot_panel.h" << false;
    QTest::newRow("Qt in a family of core") << "core/loss/dense"
                                            << "QString" << false;
    QTest::newRow("family to its top") << "core/loss/dense"
                                       << "core/loss/checks.h" << true;
    QTest::newRow("explorer to plots") << "widgets/explorer"
                                       << "widgets/plots/plot_panel.h" << true;
    QTest::newRow("plots to session") << "widgets/plots"
                                      << "widgets/session/run_data.h" << true;
    QTest::newRow("layer to a family below") << "core/train"
                                             << "core/balance/gradient/kernels.h" << true;
    QTest::newRow("downwards") << "core/run"
                               << "core/train/trainer.h" << true;
    QTest::newRow("std") << "core/base"
                         << "queue" << true;
  }

  void theRulesRefuse() {
    QFETCH(QString, folder);
    QFETCH(QString, header);
    QFETCH(bool, allowed);
    QCOMPARE(violation(folder.toStdString(), header.toStdString()).empty(), allowed);
  }

  void everyFolderHasARule() {
    for (const auto& folder : sourceFolders())
      QVERIFY2(rules().contains(layerOf(folder)), folder.c_str());
  }

  void foldersIncludeOnlyWhatTheyMay_data() {
    QTest::addColumn<QString>("folder");
    for (const auto& folder : sourceFolders())
      QTest::newRow(folder.c_str()) << QString::fromStdString(folder);
  }

  void foldersIncludeOnlyWhatTheyMay() {
    QFETCH(QString, folder);
    QStringList found;
    for (const auto& file : sourcesOf(folder.toStdString()))
      for (const auto& header : includesOf(file)) {
        const std::string message = violation(folder.toStdString(), header);
        if (!message.empty())
          found << QString::fromStdString(file.filename().string() + ": " + message);
      }
    QVERIFY2(found.isEmpty(), qPrintable(found.join('\n')));
  }

  // Qt's `slots` and torch's slots() clash, and torch costs seconds a file.
  void windowReachesNoTorchHeader_data() {
    QTest::addColumn<QString>("folder");
    for (const auto& folder : sourceFolders())
      if (folder == "app" || layerOf(folder) == "widgets")
        QTest::newRow(folder.c_str()) << QString::fromStdString(folder);
  }

  void windowReachesNoTorchHeader() {
    QFETCH(QString, folder);
    QStringList found;
    for (const auto& file : sourcesOf(folder.toStdString())) {
      std::set<std::string> seen;
      const std::string chain = pathToTorch(fs::relative(file, kRoot).generic_string(), seen);
      if (!chain.empty() && file.filename() != "cli_main.cpp")
        found << QString::fromStdString(chain);
    }
    QVERIFY2(found.isEmpty(), qPrintable(found.join('\n')));
  }

  void aChainToTorchIsFound() {
    std::set<std::string> seen;
    QVERIFY(!pathToTorch("core/loss/loss.h", seen).empty());
  }
};

EQUIPOISE_TEST(TestLayers)
#include "tst_layers.moc"
