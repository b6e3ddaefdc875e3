#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace eq::run {

// How other processes ask something of the one that trains a run: by files in its folder `mailbox`.
//
//   NAME.letter   {"commands": [...], "sender": who asks, "until": seconds since 1970}; NAMEs sort
//                 by time
//   NAME.taken    the same letter, renamed by who trains: so it is taken once, also by two
//   NAME.answer   {"refusal": "why"}, or {} when it was done; the sender removes it
//
// Each appears whole, by a rename. A sender that waits no longer removes its letter, and one whose
// time is over is not taken, so that nothing is done hours later. A letter that was taken by a
// process which died then is never taken again.
//
// A run's record tells of each that was taken, with sender and commands: by an event "sent" after
// what it did, or by "refused" with the reason.

struct Letter {
  std::string name;
  std::string sender;
  nlohmann::json commands;  ///< a list
};

/// The letters of a run, for who trains it. One thread.
class Mail {
 public:
  explicit Mail(const std::filesystem::path& folder);
  /// The run has another folder from now on.
  void moveTo(const std::filesystem::path& folder);

  /// Those that wait, oldest first. What cannot be read is passed over.
  std::vector<Letter> take();
  /// \param refusal why it was not done; empty: it was. Throws nothing: the sender learns then that
  /// the process ended without an answer.
  void answer(const Letter& letter, const std::string& refusal);

 private:
  std::filesystem::path box_;
};

struct Reply {
  enum class Kind { done, refused, nobody };
  Kind kind = Kind::nobody;
  std::string reason;  ///< why not
};

/// "equipoise-cli send, ann@lab-3": who sends letters from here.
std::string senderHere(const std::string& program);

/// Asks who trains the run, and waits for the answer: `timeout` until somebody takes the letter,
/// then as long as that process trains. \throws Error when `folder` cannot be written.
/// \param sender as senderHere() says it.
/// \param held whether the process is there, where the folder is no run's; null: by the run's lock.
Reply sendLetter(const std::filesystem::path& folder, const nlohmann::json& commands,
                 const std::string& sender, std::chrono::milliseconds timeout,
                 std::function<bool()> held = nullptr);

}  // namespace eq::run
