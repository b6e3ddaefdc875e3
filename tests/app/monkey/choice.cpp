#include "app/monkey/choice.h"

namespace eq::test {
namespace {

/// splitmix64's mixing of bits.
std::uint64_t mixed(std::uint64_t bits) {
  bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9U;
  bits = (bits ^ (bits >> 27)) * 0x94d049bb133111ebU;
  return bits ^ (bits >> 31);
}

/// FNV-1a: the same on every machine, as qHash is not.
std::uint64_t hashed(const QString& text, std::uint64_t start) {
  auto hash = start ^ 0xcbf29ce484222325U;
  for (const QChar letter : text) hash = (hash ^ letter.unicode()) * 0x100000001b3U;
  return mixed(hash);
}

}  // namespace

Choice::Choice(std::uint64_t seed, std::uint64_t action, std::uint64_t within)
    : state_(mixed(mixed(mixed(seed + 1) + action) + within)) {}

std::uint64_t Choice::next() {
  state_ += 0x9e3779b97f4a7c15U;
  return mixed(state_);
}

int Choice::below(int n) {
  const auto bits = next();
  return n < 1 ? 0 : static_cast<int>(bits % static_cast<std::uint64_t>(n));
}

int Choice::among(const QStringList& names) {
  const auto salt = next();
  int best = -1;
  std::uint64_t most = 0;
  for (int i = 0; i < names.size(); ++i) {
    const auto rank = hashed(names[i], salt);
    if (best >= 0 && rank <= most) continue;
    best = i;
    most = rank;
  }
  return best;
}

}  // namespace eq::test
