#include "core/base/json_file.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <set>
#include <utility>
#include <vector>

#include "core/base/error.h"

namespace eq {

namespace {

/// "place:line:column". \param at index of a character; the text's size at its end.
std::string placeOf(const std::string& place, const std::string& text, size_t at) {
  const auto end = text.begin() + static_cast<std::ptrdiff_t>(std::min(at, text.size()));
  const auto line = std::count(text.begin(), end, '\n') + 1;
  const auto column =
      end - std::find(std::make_reverse_iterator(end), text.rend(), '\n').base() + 1;
  return fmt::format("{}:{}:{}", place, line, column);
}

/// The letters around an index and the sign before them, where they begin.
std::pair<size_t, std::string> wordAround(const std::string& text, size_t at) {
  const auto isLetter = [&](size_t i) {
    return i < text.size() && std::isalpha(static_cast<unsigned char>(text[i])) != 0;
  };
  size_t begin = std::min(at, text.size()), end = begin;
  while (begin > 0 && isLetter(begin - 1)) --begin;
  while (isLetter(end)) ++end;
  if (begin < end && begin > 0 && (text[begin - 1] == '-' || text[begin - 1] == '+')) --begin;
  return {begin, text.substr(begin, end - begin)};
}

/// What to write instead of a word that other languages have; empty for any other.
std::string insteadOf(const std::string& word) {
  std::string plain;
  for (const char c : word)
    if (c != '-' && c != '+')
      plain += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (plain == "true" || plain == "false") return plain;
  const bool isNumber = plain == "nan" || plain == "inf" || plain == "infinity";
  if (isNumber || plain == "none" || plain == "na" || plain == "undefined")
    return isNumber ? "a finite number, or null where a value may be missing" : "null";
  return {};
}

/// \param at index of the character that does not fit.
[[noreturn]] void failAt(const std::string& place, const std::string& text, size_t at,
                         std::string reason) {
  const auto [begin, word] = wordAround(text, at);
  if (const auto instead = insteadOf(word); !instead.empty())
    fail("{}: not JSON: there is no {} in it; write {}", placeOf(place, text, begin), word,
         instead);
  // "[json.exception...] parse error at line 1, column 2: reason"
  for (const char* before : {"] ", ": "})
    if (const auto found = reason.find(before);
        found != std::string::npos && (reason.front() == '[' || reason.starts_with("parse error")))
      reason.erase(0, found + 2);
  fail("{}: not JSON: {}", placeOf(place, text, at), reason);
}

/// Index of the number in "... number overflow parsing '1e999'".
size_t placeOfNumber(const std::string& text, const std::string& reason) {
  const auto quote = reason.find('\'');
  return text.find(reason.substr(quote + 1, reason.rfind('\'') - quote - 1));
}

/// Behind the quote that ends the text beginning at `begin`.
size_t endOfText(const std::string& json, size_t begin) {
  size_t end = begin + 1;
  while (end < json.size() && json[end] != '"') end += json[end] == '\\' ? 2 : 1;
  return end + 1;
}

/// Of the two, JSON libraries keep one without a word. \param json well formed.
void requireKeysOnce(const std::string& json, const std::string& place) {
  std::vector<std::set<std::string>> objects;  // a list has an entry as well, which stays empty
  for (size_t i = 0; i < json.size(); ++i) {
    if (json[i] == '{' || json[i] == '[') objects.emplace_back();
    if (json[i] == '}' || json[i] == ']') objects.pop_back();
    if (json[i] != '"') continue;
    const size_t end = endOfText(json, i);
    const size_t next = json.find_first_not_of(" \t\r\n", end);
    if (next < json.size() && json[next] == ':') {
      const auto key = nlohmann::json::parse(json.substr(i, end - i)).get<std::string>();
      if (!objects.back().insert(key).second)
        fail("{}: the key \"{}\" stands twice in one object; take one of them away",
             placeOf(place, json, i), key);
    }
    i = end - 1;
  }
}

/// Whether a number is too large for float64. \param token its characters.
bool isBeyondFloat64(const std::string& token) {
  return !token.empty() && std::isinf(std::strtod(token.c_str(), nullptr));
}

/// As Python, JavaScript and C++ spell them, outside of texts; lines stay, columns may move.
std::string withNullForNonFinite(const std::string& text) {
  std::string out;
  for (size_t i = 0; i < text.size();) {
    if (text[i] == '"') {
      const size_t begin = i++;
      while (i < text.size() && text[i] != '"') i += text[i] == '\\' ? 2 : 1;
      i = std::min(i + 1, text.size());
      out += text.substr(begin, i - begin);
      continue;
    }
    const size_t end = std::min(text.find_first_of(" \t\r\n,:[]{}\"", i), text.size());
    if (end == i) {
      out += text[i++];
      continue;
    }
    const auto token = text.substr(i, end - i);
    const bool named = token == "NaN" || token == "Infinity" || token == "-Infinity";
    const bool number = token.find_first_not_of("+-.eE0123456789") == token.npos;
    out += named || (number && isBeyondFloat64(token)) ? "null" : token;
    i = end;
  }
  return out;
}

}  // namespace

std::optional<size_t> deeperThan(size_t limit, std::string_view json) {
  size_t depth = 0;
  bool inText = false;
  for (size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (c == '"') inText = !inText;
    if (inText && c == '\\') ++i;
    if (inText) continue;
    if ((c == '[' || c == '{') && ++depth > limit) return i;
    if ((c == ']' || c == '}') && depth > 0) --depth;
  }
  return std::nullopt;
}

nlohmann::json parseJson(const std::string& given, const std::string& place, NonFinite nonFinite) {
  const std::string text = nonFinite == NonFinite::null ? withNullForNonFinite(given) : given;
  if (const auto at = deeperThan(kJsonDepth, text))
    fail("{}: more than {} brackets stand within each other; take some away",
         placeOf(place, text, *at), kJsonDepth);
  try {
    auto value = nlohmann::json::parse(text);
    requireKeysOnce(text, place);
    return value;
  } catch (const nlohmann::json::parse_error& error) {
    failAt(place, text, std::max<size_t>(error.byte, 1) - 1, error.what());
  } catch (const nlohmann::json::out_of_range& error) {
    failAt(place, text, placeOfNumber(text, error.what()), error.what());
  }
}

nlohmann::json readJsonFile(const std::filesystem::path& file, NonFinite nonFinite) {
  std::ifstream stream(file, std::ios::binary);
  const int code = errno;
  std::error_code ignored;
  const bool isFolder = std::filesystem::is_directory(file, ignored);
  if (!stream || isFolder)
    fail("{}: cannot be read: {}", file.string(),
         isFolder ? "it is a folder" : std::strerror(code));
  return parseJson(std::string(std::istreambuf_iterator<char>(stream), {}), file.string(),
                   nonFinite);
}

}  // namespace eq
