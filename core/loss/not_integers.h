#pragma once

#include <string>
#include <utility>

#include "core/base/error.h"

namespace eq::loss {

/// An input field holds decimals where integers are needed. Who still has the text that the numbers
/// were read from can say which entry it is.
class NotIntegers : public Error {
 public:
  /// \param path of the field, for messages. \param found what is wrong.
  NotIntegers(std::string path, std::string field, std::string found)
      : Error(fmt::format("{}: must be integers, found {}", path, found)),
        path_(std::move(path)),
        field_(std::move(field)),
        found_(std::move(found)) {}

  const std::string& path() const { return path_; }
  const std::string& field() const { return field_; }
  NotIntegers under(const std::string& place) const { return {place + path_, field_, found_}; }

 private:
  std::string path_, field_, found_;
};

}  // namespace eq::loss
