#include <algorithm>
#include <utility>

#include <fmt/ranges.h>

#include "core/base/error.h"
#include "core/run/runner_state.h"

namespace eq::run {
namespace {

constexpr auto kReadMailEvery = std::chrono::milliseconds(100);

/// All commands of a letter are done or none: where there are several, they are tried first.
void tryOut(const std::vector<Wish>& wishes, const train::Trainer& trainer) {
  for (const auto& wish : wishes)
    if (wish.kind == Wish::Kind::number)
      fail(
          "set_number: changes a number of a program of one's own, and this run has none; "
          "set_learning_rate and the other commands change what an experiment has");
  if (wishes.size() < 2) return;
  const auto twin = trainer.twin();
  for (size_t i = 0; i < wishes.size(); ++i) {
    if (wishes[i].kind != Wish::Kind::command) continue;
    try {
      twin->apply(wishes[i].command);
    } catch (const Error& error) {
      throw Error(fmt::format("commands[{}]: {}", i, error.what()), error.kind(), error.context());
    }
  }
}

/// What the record tells of a letter.
nlohmann::json detailOf(const Letter& letter) {
  return {{"sender", letter.sender}, {"commands", letter.commands}};
}

/// "set_weight, pause".
std::string kindsIn(const Letter& letter) {
  std::vector<std::string> kinds;
  for (const auto& command : letter.commands)
    kinds.push_back(command.at("kind").get<std::string>());
  return fmt::format("{}", fmt::join(kinds, ", "));
}

}  // namespace

Asked Runner::State::readMail() {
  Asked asked;
  asked.changed = std::exchange(ruleChanged_, false);
  const auto now = Clock::now();
  if (now - mailReadAt_ < kReadMailEvery) return asked;
  mailReadAt_ = now;
  answerDone();
  for (const auto& letter : mail_.take()) obey(letter, asked);
  answerDone();
  return asked;
}

void Runner::State::obey(const Letter& letter, Asked& asked) {
  try {
    const auto wishes = wishesFrom(letter.commands);
    tryOut(wishes, *trainer_);
    const bool ends = std::any_of(wishes.begin(), wishes.end(),
                                  [](const Wish& wish) { return wish.kind == Wish::Kind::stop; });
    (ends ? untilClose_ : done_).push_back(letter);
    for (const auto& wish : wishes) obey(wish, asked);
    note("sent", fmt::format("asked for by {}: {}", letter.sender, kindsIn(letter)),
         detailOf(letter));
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::failure) throw;
    std::erase_if(done_, [&](const Letter& one) { return one.name == letter.name; });
    std::erase_if(untilClose_, [&](const Letter& one) { return one.name == letter.name; });
    auto detail = detailOf(letter);
    detail["refusal"] = error.what();
    note("refused", fmt::format("refused, asked for by {}: {}", letter.sender, error.what()),
         std::move(detail));
    mail_.answer(letter, error.what());
  }
}

void Runner::State::obey(const Wish& wish, Asked& asked) {
  switch (wish.kind) {
    case Wish::Kind::command:
      apply(wish.command);
      asked.changed = true;
      break;
    case Wish::Kind::number:  // is refused before anything is done
      break;
    case Wish::Kind::pause:
    case Wish::Kind::resume:
      asked.paused = wish.kind == Wish::Kind::pause;
      setPaused(*asked.paused);
      break;
    case Wish::Kind::stop:
      asked.stop = true;
      break;
    case Wish::Kind::checkpoint:
      checkpoint(true);
      break;
  }
}

void Runner::State::answerDone() {
  if (done_.empty()) return;
  save();
  answerAll(done_, {});
}

void Runner::State::answerAll(std::vector<Letter>& letters, const std::string& refusal) {
  for (const auto& letter : std::exchange(letters, {})) mail_.answer(letter, refusal);
}

}  // namespace eq::run
