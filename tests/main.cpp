// The tests of a layer in one program: `core_loss tst_focal [QTEST-OPTION...]` runs one class,
// `core_loss` names them. Each class has the process for itself.

#include "tests/registry.h"

#include <algorithm>
#include <cstdio>
#include <vector>

#include <QSettings>
#include <QTemporaryDir>

#include "tests/left_programs.h"

#ifdef EQUIPOISE_TEST_WINDOW
#include <QApplication>
using Application = QApplication;
#else
using Application = QCoreApplication;
#endif

namespace eq::test {
namespace {

std::vector<Entry>& entries() {
  static std::vector<Entry> all;
  return all;
}

int listEntries() {
  std::sort(entries().begin(), entries().end(),
            [](const Entry& a, const Entry& b) { return a.name < b.name; });
  for (const auto& entry : entries()) std::puts(entry.name.c_str());
  return 2;
}

}  // namespace

Registration::Registration(Entry entry) {
  entries().push_back(std::move(entry));
}

std::string inSource(const std::string& path) {
  return EQUIPOISE_SOURCE_DIR "/" + path;
}

int run(int argc, char** argv) {
  const std::string name = argc > 1 ? argv[1] : "";
  const auto found = std::find_if(entries().begin(), entries().end(),
                                  [&](const Entry& entry) { return entry.name == name; });
  if (found == entries().end()) return listEntries();
  argv[1] = argv[0];
  found->prepare();
  markPrograms();
  int count = argc - 1;
  const Application application(count, argv + 1);
  QCoreApplication::setAttribute(Qt::AA_Use96Dpi, true);
  // Classes that run at the same time do not share what they remember, nor touch the user's.
  const QTemporaryDir settings;
  QSettings::setPath(QSettings::NativeFormat, QSettings::UserScope, settings.path());
  const int failures = found->run(argc - 1, argv + 1);
  const auto left = endLeftPrograms();
  for (const auto& program : left)
    std::fprintf(stderr, "%s left this running, to be ended by the test: %s\n", name.c_str(),
                 program.c_str());
  return failures + static_cast<int>(left.size());
}

}  // namespace eq::test

int main(int argc, char** argv) {
  return eq::test::run(argc, argv);
}
