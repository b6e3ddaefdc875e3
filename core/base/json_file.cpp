#include "core/base/json_file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include "core/base/error.h"

namespace eq {

nlohmann::json parseJson(const std::string& text, const std::string& place) {
  try {
    return nlohmann::json::parse(text);
  } catch (const nlohmann::json::parse_error& error) {
    const auto end = text.begin() + static_cast<std::ptrdiff_t>(std::min(error.byte, text.size()));
    const auto line = std::count(text.begin(), end, '\n') + 1;
    const auto column =
        end - std::find(std::make_reverse_iterator(end), text.rend(), '\n').base() + 1;
    std::string reason =
        error.what();  // "[json.exception...] parse error at line 1, column 2: reason"
    if (const auto colon = reason.find(": "); colon != std::string::npos)
      reason.erase(0, colon + 2);
    fail("{}:{}:{}: not JSON: {}", place, line, column, reason);
  }
}

nlohmann::json readJsonFile(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream || std::filesystem::is_directory(file))
    fail("{}: cannot be read: {}", file.string(),
         std::filesystem::is_directory(file) ? "it is a folder" : std::strerror(errno));
  return parseJson(std::string(std::istreambuf_iterator<char>(stream), {}), file.string());
}

}  // namespace eq
