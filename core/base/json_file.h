#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace eq {

/// How many brackets of a person's JSON may stand within each other: what reads it goes down as
/// many times, and a stack ends.
constexpr size_t kJsonDepth = 64;

/// Index of the first bracket that more than `limit` others hold; nothing where there is none.
std::optional<size_t> deeperThan(size_t limit, std::string_view json);

/// What becomes of NaN, Infinity and numbers beyond float64, which JSON has not and many programs
/// write.
enum class NonFinite { refused, null };

/// \throws Error `place:3:14: expected ...` for text that is not JSON, deeper than kJsonDepth,
/// or that has a key twice in one object.
nlohmann::json parseJson(const std::string& text, const std::string& place,
                         NonFinite nonFinite = NonFinite::refused);

/// \throws Error naming the file when it cannot be read or is not JSON.
nlohmann::json readJsonFile(const std::filesystem::path& file,
                            NonFinite nonFinite = NonFinite::refused);

}  // namespace eq
