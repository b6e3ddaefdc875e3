#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace eq {

// Names of files are bytes, which need not be text; JSON and terminals want UTF-8.

/// Bytes of the UTF-8 character that begins at `index`; 0 where none does.
size_t characterAt(std::string_view text, size_t index);

/// UTF-8, with each byte that is none as \xE9.
std::string printable(std::string_view bytes);

/// JSON text, with the texts in `value` made printable; `dump` throws at the first that is not.
/// \param indent spaces a level; -1: one line.
std::string jsonText(const nlohmann::json& value, int indent = -1);

/// At most `limit` bytes from the beginning, cut between two characters.
std::string_view cutAt(std::string_view text, size_t limit);

}  // namespace eq
