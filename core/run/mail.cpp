#include "core/run/mail.h"

#include <algorithm>
#include <random>
#include <thread>
#include <utility>

#include <pwd.h>
#include <unistd.h>

#include "core/base/error.h"
#include "core/base/json_file.h"
#include "core/run/atomic_file.h"
#include "core/run/run_lock.h"

namespace eq::run {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using SystemClock = std::chrono::system_clock;

constexpr auto kLook = std::chrono::milliseconds(20);
constexpr auto kOld = std::chrono::hours(1);

fs::path boxOf(const fs::path& folder) {
  return folder / "mailbox";
}

fs::path fileOf(const fs::path& box, const std::string& name, const char* kind) {
  return box / (name + kind);
}

double secondsNow() {
  return std::chrono::duration<double>(SystemClock::now().time_since_epoch()).count();
}

/// Later ones sort behind.
std::string newName() {
  const auto time = SystemClock::now().time_since_epoch();
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(time).count();
  return fmt::format("{:020}-{:08x}", micros, std::random_device()());
}

/// What others left behind: who wrote it has ended long ago.
void sweepOut(const fs::path& box) {
  std::error_code ignored;
  for (const auto& entry : entriesOf(box, ignored)) {
    std::error_code gone;
    const auto written = fs::last_write_time(entry, gone);
    if (!gone && fs::file_time_type::clock::now() - written > kOld) fs::remove(entry, ignored);
  }
}

/// A letter that waits for its answer.
class Posted {
 public:
  Posted(const fs::path& folder, const json& commands, const std::string& sender,
         std::chrono::milliseconds timeout, std::function<bool()> held)
      : held_(std::move(held)),
        box_(boxOf(folder)),
        name_(newName()),
        until_(secondsNow() + std::chrono::duration<double>(timeout).count()) {
    makeFolder(box_);
    const json letter{{"commands", commands}, {"sender", sender}, {"until", until_}};
    writeAtomically(file(".letter"), letter.dump(-1, ' ', false, json::error_handler_t::replace));
  }

  Reply wait() {
    for (;; std::this_thread::sleep_for(kLook)) {
      const bool held = held_();  // before the look: an answer comes first
      Reply reply;
      if (isAnswered(reply)) return reply;
      if (secondsNow() < until_ || (isTaken() && held)) continue;
      if (isTaken()) return {Reply::Kind::nobody, "its process ended before it answered"};
      std::error_code ignored;
      if (fs::remove(file(".letter"), ignored) || !isTaken()) return nobody(held);
    }
  }

 private:
  fs::path file(const char* kind) const { return fileOf(box_, name_, kind); }

  bool isTaken() const {
    std::error_code ignored;
    return fs::exists(file(".taken"), ignored);
  }

  bool isAnswered(Reply& reply) const {
    std::error_code ignored;
    if (!fs::exists(file(".answer"), ignored)) return false;
    const auto refusal = readJsonFile(file(".answer")).value("refusal", std::string());
    reply = {refusal.empty() ? Reply::Kind::done : Reply::Kind::refused, refusal};
    for (const auto* kind : {".answer", ".taken"}) fs::remove(file(kind), ignored);
    return true;
  }

  static Reply nobody(bool held) {
    return {Reply::Kind::nobody,
            held ? "its process is busy and took nothing" : "no process trains it"};
  }

  std::function<bool()> held_;
  fs::path box_;
  std::string name_;
  double until_;
};

}  // namespace

Mail::Mail(const fs::path& folder) : box_(boxOf(folder)) {
  sweepOut(box_);
}

void Mail::moveTo(const fs::path& folder) {
  box_ = boxOf(folder);
}

std::vector<Letter> Mail::take() {
  std::error_code ignored;
  auto entries = entriesOf(box_, ignored);
  std::erase_if(entries, [](const fs::path& entry) { return entry.extension() != ".letter"; });
  std::sort(entries.begin(), entries.end());
  std::vector<Letter> letters;
  for (const auto& entry : entries) {
    const auto name = entry.stem().string();
    const auto taken = fileOf(box_, name, ".taken");
    try {
      const auto letter = readJsonFile(entry);
      if (letter.at("until").get<double>() < secondsNow()) {
        fs::remove(entry, ignored);
        continue;
      }
      std::error_code withdrawn;
      fs::rename(entry, taken, withdrawn);
      if (!withdrawn)
        letters.push_back(
            {name, letter.value("sender", std::string("unknown")), letter.at("commands")});
    } catch (const std::exception&) {  // withdrawn just now, or no letter
      continue;
    }
  }
  return letters;
}

void Mail::answer(const Letter& letter, const std::string& refusal) {
  try {
    const auto text = refusal.empty() ? json::object() : json{{"refusal", refusal}};
    writeAtomically(fileOf(box_, letter.name, ".answer"),
                    text.dump(-1, ' ', false, json::error_handler_t::replace));
  } catch (const Error&) {
    // As the header says.
  }
}

std::string senderHere(const std::string& program) {
  const auto* user = ::getpwuid(::geteuid());
  char host[256] = "";
  ::gethostname(host, sizeof host - 1);
  return fmt::format("{}, {}@{}", program,
                     user ? std::string(user->pw_name) : std::to_string(::geteuid()), host);
}

Reply sendLetter(const fs::path& folder, const json& commands, const std::string& sender,
                 std::chrono::milliseconds timeout, std::function<bool()> held) {
  if (!held) held = [folder] { return RunLock::isHeld(folder); };
  return Posted(folder, commands, sender, timeout, std::move(held)).wait();
}

}  // namespace eq::run
