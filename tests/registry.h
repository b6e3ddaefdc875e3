#pragma once

#include <functional>
#include <string>

#include <QCoreApplication>
#include <QTest>

namespace eq::test {

/// One class of tests in the program of its layer.
struct Entry {
  std::string name;  ///< its file without the ending: tst_focal
  /// Before the application exists.
  std::function<void()> prepare;
  /// \returns the number of failures.
  std::function<int(int argc, char** argv)> run;
};

/// Adds an entry when it is made; tests are object files of the program, which the linker keeps.
class Registration {
 public:
  explicit Registration(Entry entry);
};

/// A path below the top of the source tree. Not a macro in every file: the compiler's cache then
/// serves every clone.
std::string inSource(const std::string& path);

template <typename Class>
Entry entryOf(const std::string& file) {
  const auto slash = file.find_last_of('/') + 1;
  return {file.substr(slash, file.find_last_of('.') - slash),
          [] { QTest::Internal::callInitMain<Class>(); },
          [](int argc, char** argv) {
            Class test;
            return QTest::qExec(&test, argc, argv);
          }};
}

}  // namespace eq::test

/// Makes a class a test that its program runs by the name of this file: `core_loss tst_focal`.
#define EQUIPOISE_TEST(Class)                                                           \
  namespace {                                                                           \
  const eq::test::Registration registration##Class(eq::test::entryOf<Class>(__FILE__)); \
  }
