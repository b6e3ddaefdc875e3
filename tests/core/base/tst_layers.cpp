// The layers of README, "How it is built", read from the #include lines of every folder.

#include <QtTest>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace fs = std::filesystem;

namespace {

const fs::path kRoot = EQUIPOISE_SOURCE_DIR;

/// What the files of a folder may include, besides its own headers, std and the libraries that all
/// may use.
struct Rule {
  std::set<std::string> folders;
  std::set<std::string> libraries;
};

const std::map<std::string, Rule>& rules() {
  static const std::map<std::string, Rule> table = {
      {"core/base", {{}, {"eigen", "openssl"}}},
      {"core/data", {{"core/base"}, {"torch", "zlib"}}},
      {"core/model", {{"core/base"}, {"torch"}}},
      {"core/loss", {{"core/base"}, {"torch"}}},
      {"core/balance", {{"core/base"}, {"torch", "eigen"}}},
      {"core/gradient", {{"core/base", "core/model"}, {"torch", "eigen"}}},
      // A metric reads the predictions and targets that core/loss declares.
      {"core/metric", {{"core/base", "core/loss"}, {"torch", "eigen"}}},
      {"core/train",
       {{"core/base", "core/data", "core/model", "core/loss", "core/balance", "core/gradient",
         "core/metric"},
        {"torch", "eigen"}}},
      // The runner drives the trainer and writes what it records; a metric says which way is
      // better.
      {"core/run", {{"core/base", "core/train", "core/metric"}, {"torch", "sqlite", "zlib"}}},
      {"app/cli",
       {{"core/base", "core/data", "core/model", "core/loss", "core/balance", "core/gradient",
         "core/metric", "core/train", "core/run"},
        {"cli11", "spdlog", "eigen"}}},
      {"widgets",
       {{"core/base", "core/data", "core/model", "core/loss", "core/balance", "core/gradient",
         "core/metric", "core/train", "core/run"},
        {"qt"}}},
      {"app",
       {{"app/cli", "widgets", "core/base", "core/data", "core/model", "core/loss", "core/balance",
         "core/gradient", "core/metric", "core/train", "core/run"},
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
      {std::regex("openssl/.*"), "openssl"},
      {std::regex("CLI/.*"), "cli11"},
      {std::regex("spdlog/.*"), "spdlog"},
  };
  for (const auto& [pattern, library] : patterns)
    if (std::regex_match(header, pattern)) return library;
  return {};
}

bool isOurs(const std::string& header) {
  return header.starts_with("core/") || header.starts_with("widgets/") ||
         header.starts_with("app/");
}

std::string folderOf(const std::string& header) {
  return fs::path(header).parent_path().generic_string();
}

/// The sentence that names the broken rule; empty when `folder` may include `header`.
std::string violation(const std::string& folder, const std::string& header) {
  const Rule& rule = rules().at(folder);
  if (isOurs(header)) {
    const std::string other = folderOf(header);
    if (other == folder || rule.folders.contains(other)) return {};
    return folder + " may not include " + other + " (" + header + ")";
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
                                             << "widgets/session.h" << false;
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
    for (const char* layer : {"core", "app"})
      for (const auto& entry : fs::directory_iterator(kRoot / layer)) {
        const std::string folder = fs::relative(entry.path(), kRoot).generic_string();
        if (entry.is_directory() && !sourcesOf(folder).empty())
          QVERIFY2(rules().contains(folder), folder.c_str());
      }
  }

  void foldersIncludeOnlyWhatTheyMay_data() {
    QTest::addColumn<QString>("folder");
    for (const auto& [folder, rule] : rules())
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
    QTest::newRow("widgets") << "widgets";
    QTest::newRow("app") << "app";
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

QTEST_GUILESS_MAIN(TestLayers)
#include "tst_layers.moc"
