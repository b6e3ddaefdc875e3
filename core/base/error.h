#pragma once

#include <stdexcept>
#include <string>
#include <utility>

#include <fmt/format.h>

namespace eq {

/// Who can put it right: the person who asked (bad input), or nobody at the keyboard (a failure
/// while running).
enum class ErrorKind { user, failure };

/// The one exception type of the core. `what()` is a single sentence for people: the place, what
/// was asked, what was found, what to do. `context()` holds details for the log and may be empty.
class Error : public std::runtime_error {
 public:
  explicit Error(std::string message, ErrorKind kind = ErrorKind::user, std::string context = {})
      : std::runtime_error(std::move(message)), kind_(kind), context_(std::move(context)) {}

  ErrorKind kind() const { return kind_; }
  const std::string& context() const { return context_; }

 private:
  ErrorKind kind_;
  std::string context_;
};

/// Throws a user's mistake: `fail("{}: {} is above {}", path, value, limit)`.
template <typename... Args>
[[noreturn]] void fail(fmt::format_string<Args...> format, Args&&... args) {
  throw Error(fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace eq
