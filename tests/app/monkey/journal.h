#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <thread>

#include <QString>

namespace eq::test {

/// The list of what was done, written to a file line by line, so that a crash leaves it. While it
/// lives, a signal of a crash prints where the program stood and the list, warnings of Qt that
/// nobody expects are kept, and a stand-still of the window's thread is made a crash.
class Journal {
 public:
  /// \param head first line: how to play the same again. \param limit seconds without a beat().
  Journal(const QString& file, const QString& head, int limit);
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  void note(const QString& line);
  /// The window's thread is alive. \param grace seconds that it may be silent beyond the limit.
  void beat(int grace = 0) { silent_ = -10 * grace; }
  /// Unexpected warnings since the last call; empty without.
  QString takeWarnings();
  /// The list so far.
  QString text() const;

 private:
  void watch(const std::stop_token& token, int limit);

  QString file_;
  std::atomic<int> silent_{0};  ///< tenths of a second
  std::jthread watch_;
};

}  // namespace eq::test
