// JSON as text for files and answers, whatever bytes a name in it has.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace poise::inline run {

/// `indent` blanks a level; below 0: one line. Bytes that are not UTF-8, as a file's name may have, become U+FFFD.
template <typename Json>
std::string to_text(const Json& value, int indent = -1) {
  return value.dump(indent, ' ', false, Json::error_handler_t::replace);
}

}  // namespace poise::inline run
