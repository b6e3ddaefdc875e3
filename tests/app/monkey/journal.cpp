#include "app/monkey/journal.h"

#include <execinfo.h>
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstring>
#include <mutex>
#include <utility>

#include <QFile>
#include <QStringList>

namespace eq::test {
namespace {

constexpr std::array kEnds{SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};

/// What is there for a handler of signals, which may call nearly nothing.
struct Open {
  int list = -1;
  pthread_t window{};
  std::array<struct sigaction, kEnds.size()> before{};
  QtMessageHandler handler = nullptr;
};
Open open_;
std::mutex warningsMutex;
QStringList warnings;

/// Of Qt's offscreen platform and its test library; none is about this program.
bool isExpected(const QString& warning) {
  for (const char* known : {
           "This plugin does not support",  // raise(), propagateSizeHints(), ...
           "occurs outside target window",  // a window became smaller under the mouse
           "Mouse event",                   // as above, other versions
       })
    if (warning.contains(known)) return true;
  return false;
}

void keepWarning(QtMsgType type, const QMessageLogContext& context, const QString& text) {
  if (isExpected(text)) return;
  if (type == QtWarningMsg || type == QtCriticalMsg) {
    const std::lock_guard lock(warningsMutex);
    warnings << text;
  }
  open_.handler(type, context, text);
}

void say(const char* text) {
  if (write(STDERR_FILENO, text, std::strlen(text)) < 0) return;
}

void printList() {
  std::array<char, 4096> part{};
  ssize_t size = 0;
  off_t place = 0;
  while ((size = pread(open_.list, part.data(), part.size(), place)) > 0) {
    place += size;
    if (write(STDERR_FILENO, part.data(), static_cast<std::size_t>(size)) < 0) return;
  }
}

void crashed(int signal) {
  say("\nThe monkey met the end of the program. It stood here:\n");
  std::array<void*, 64> frames{};
  backtrace_symbols_fd(frames.data(), backtrace(frames.data(), frames.size()), STDERR_FILENO);
  say("\nWhat it had done:\n");
  printList();
  for (std::size_t i = 0; i < kEnds.size(); ++i)
    if (kEnds[i] == signal) sigaction(signal, &open_.before[i], nullptr);
  raise(signal);
}

void catchEnds() {
  std::array<void*, 1> frame{};
  backtrace(frame.data(), 1);  // loads what it needs, while that may be done
  struct sigaction action {};
  action.sa_handler = crashed;
  action.sa_flags = SA_NODEFER | SA_ONSTACK;
  for (std::size_t i = 0; i < kEnds.size(); ++i) sigaction(kEnds[i], &action, &open_.before[i]);
}

}  // namespace

Journal::Journal(const QString& file, const QString& head, int limit) : file_(file) {
  open_.list = open(file.toLocal8Bit().constData(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (open_.list < 0) qFatal("%s: cannot be written", qPrintable(file));
  note(head);
  open_.window = pthread_self();
  catchEnds();
  open_.handler = qInstallMessageHandler(keepWarning);
  watch_ = std::jthread([this, limit](const std::stop_token& token) { watch(token, limit); });
}

Journal::~Journal() {
  watch_.request_stop();
  watch_.join();
  qInstallMessageHandler(open_.handler);
  for (std::size_t i = 0; i < kEnds.size(); ++i) sigaction(kEnds[i], &open_.before[i], nullptr);
  close(std::exchange(open_.list, -1));
}

void Journal::note(const QString& line) {
  const auto bytes = QString(line).replace('\n', ' ').toUtf8() + '\n';
  if (write(open_.list, bytes.constData(), static_cast<std::size_t>(bytes.size())) < 0)
    qFatal("%s: cannot be written", qPrintable(file_));
}

QString Journal::takeWarnings() {
  const std::lock_guard lock(warningsMutex);
  return std::exchange(warnings, {}).join("; ");
}

QString Journal::text() const {
  QFile file(file_);
  return file.open(QIODevice::ReadOnly) ? QString::fromUtf8(file.readAll()) : QString();
}

/// Counts its own naps, not the clock: on a machine that is busy or asleep both threads wait.
void Journal::watch(const std::stop_token& token, int limit) {
  while (!token.stop_requested()) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    if (++silent_ < limit * 10 || token.stop_requested()) continue;
    say("\nThe window answered nothing for too long.\n");
    pthread_kill(open_.window, SIGABRT);
    return;
  }
}

}  // namespace eq::test
