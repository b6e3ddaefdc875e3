#pragma once

#include <filesystem>
#include <string>

#include <nlohmann/json.hpp>

namespace eq {

/// \throws Error `place:3:14: expected ...` for text that is not JSON.
nlohmann::json parseJson(const std::string& text, const std::string& place);

/// \throws Error naming the file when it cannot be read or is not JSON.
nlohmann::json readJsonFile(const std::filesystem::path& file);

}  // namespace eq
