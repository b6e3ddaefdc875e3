#include "core/study/sweep/worker_process.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/error.h"

extern char** environ;

namespace eq::study {
namespace {

constexpr size_t kLongestMessages = 100'000;

/// Two ends of a pipe, which no other program gets.
struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
      throw Error(fmt::format("a worker cannot be started: {}", std::strerror(errno)),
                  ErrorKind::failure);
    out = ends[0];
    in = ends[1];
  }
  ~Pipe() {
    closeOut();
    closeIn();
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  void closeOut() { closeOne(out); }
  void closeIn() { closeOne(in); }
  static void closeOne(int& end) {
    if (end >= 0) ::close(end);
    end = -1;
  }
  int out = -1;
  int in = -1;
};

/// How the child's files and signals are set up before its program begins.
class SpawnPlan {
 public:
  SpawnPlan() {
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    // What is ignored or blocked here need not be there.
    sigset_t none, all;
    sigemptyset(&none);
    sigemptyset(&all);
    for (const int signal : {SIGTERM, SIGINT, SIGPIPE, SIGHUP}) sigaddset(&all, signal);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(
        &attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~SpawnPlan() {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;

  posix_spawn_file_actions_t actions{};
  posix_spawnattr_t attributes{};
};

void writeAll(int descriptor, const std::string& text) {
  size_t done = 0;
  while (done < text.size()) {
    const auto written = ::write(descriptor, text.data() + done, text.size() - done);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;  // it ended, which its exit code tells
    done += static_cast<size_t>(written);
  }
}

}  // namespace

WorkerProcess::WorkerProcess(const std::filesystem::path& program,
                             const std::vector<std::string>& arguments, const std::string& input,
                             int shared) {
  Pipe in, err;
  SpawnPlan plan;
  posix_spawn_file_actions_adddup2(&plan.actions, in.out, STDIN_FILENO);
  posix_spawn_file_actions_addopen(&plan.actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_adddup2(&plan.actions, err.in, STDERR_FILENO);
  posix_spawn_file_actions_adddup2(&plan.actions, shared, shared);  // which keeps it open there
  std::vector<std::string> words{program.string()};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  for (auto& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  const int code = ::posix_spawn(&process_, program.c_str(), &plan.actions, &plan.attributes,
                                 pointers.data(), environ);
  if (code != 0)
    throw Error(fmt::format("{}: cannot be started: {}", program.string(), std::strerror(code)),
                ErrorKind::failure);
  in.closeOut();
  writeAll(in.in, input);
  errors_ = err.out;
  err.out = -1;
  ::fcntl(errors_, F_SETFL, O_NONBLOCK);
}

WorkerProcess::~WorkerProcess() {
  if (!code_) {
    terminate();
    ::waitpid(process_, nullptr, 0);
  }
  ::close(errors_);
}

std::optional<int> WorkerProcess::ended() {
  readMessages();
  int status = 0;
  if (!code_ && ::waitpid(process_, &status, WNOHANG) == process_) {
    code_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    readMessages();
  }
  return code_;
}

void WorkerProcess::terminate() {
  if (!asked_ && !code_) ::kill(process_, SIGTERM);
  asked_ = true;
}

void WorkerProcess::readMessages() {
  std::array<char, 4096> bytes{};
  for (ssize_t got = 0; (got = ::read(errors_, bytes.data(), bytes.size())) > 0;)
    messages_.append(bytes.data(), static_cast<size_t>(got));
  if (messages_.size() > kLongestMessages)
    messages_.erase(0, messages_.size() - kLongestMessages / 2);
}

std::string WorkerProcess::lastLine() {
  readMessages();
  const auto end = messages_.find_last_not_of('\n');
  if (end == std::string::npos) return {};
  const auto begin = messages_.rfind('\n', end);
  return messages_.substr(begin == std::string::npos ? 0 : begin + 1,
                          end - (begin == std::string::npos ? 0 : begin + 1) + 1);
}

}  // namespace eq::study
