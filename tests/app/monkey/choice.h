#pragma once

#include <cstdint>
#include <vector>

#include <QStringList>

namespace eq::test {

/// What one action decides. Every action has its own numbers, made from the seed and its place, so
/// that the first n of a long walk are those of a short one.
class Choice {
 public:
  /// \param within counts the decisions about dialogs that came up during the action.
  Choice(std::uint64_t seed, std::uint64_t action, std::uint64_t within = 0);

  /// From 0 to n - 1; 0 for n below 1.
  int below(int n);
  int between(int least, int most) { return least + below(most - least + 1); }
  bool percent(int chance) { return below(100) < chance; }
  template <typename Value>
  const Value& of(const std::vector<Value>& values) {
    return values[static_cast<std::size_t>(below(static_cast<int>(values.size())))];
  }
  /// The place of one of these names, -1 without any. The same one as long as it is there, whatever
  /// else comes and goes: a run trains beside, at its own pace.
  int among(const QStringList& names);

 private:
  std::uint64_t next();

  std::uint64_t state_;
};

}  // namespace eq::test
