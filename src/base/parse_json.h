// JSON that comes from outside: whatever it holds, reading it ends soon, and without an exception.
#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

namespace poise::inline base {

/// Discarded (is_discarded) where the text is no JSON, holds a number beyond float64, or is nested more than 64 deep.
/// `byte`, if given, is where that shows.
inline nlohmann::json parse_json(std::string_view text, std::size_t* byte = nullptr) {
  constexpr int kDeepest = 64;
  struct TooDeep {};
  const auto within = [](int depth, nlohmann::json::parse_event_t, nlohmann::json&) {
    if (depth > kDeepest) throw TooDeep();
    return true;
  };
  try {
    return nlohmann::json::parse(text, within);
  } catch (const nlohmann::json::parse_error& error) {
    if (byte) *byte = error.byte;
  } catch (const nlohmann::json::exception&) {
  } catch (const TooDeep&) {
  }
  return nlohmann::json(nlohmann::json::value_t::discarded);  // braces would make an array of it
}

}  // namespace poise::inline base
