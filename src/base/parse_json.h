// JSON that comes from outside: whatever it holds, reading it ends soon, and without an exception.
#pragma once

#include <fmt/core.h>

#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace poise::inline base {

/// Why a text is not read.
struct JsonFault {
  std::size_t byte = 0;  ///< where it is no JSON
  bool has_repeated = false;
  std::string repeated;  ///< a member of one object that stands there twice, each with a value of its own
};

inline std::string repeats(const JsonFault& fault) {
  return fmt::format("the member \"{}\" stands twice in one object", fault.repeated);
}

/// Discarded (is_discarded) where the text is no JSON, holds a number beyond float64, is nested more than 64 deep, or
/// gives a member of an object twice: which of the two is meant nobody knows.
inline nlohmann::json parse_json(std::string_view text, JsonFault* fault = nullptr) {
  constexpr int kDeepest = 64;
  struct Refused {};
  using Event = nlohmann::json::parse_event_t;
  JsonFault found;
  std::vector<std::set<std::string>> members;  // of the objects that are open
  const auto within = [&](int depth, Event event, const nlohmann::json& value) {
    if (depth > kDeepest) throw Refused();
    if (event == Event::object_start) members.emplace_back();
    if (event == Event::object_end) members.pop_back();
    if (event == Event::key && !members.back().insert(value.get<std::string>()).second) {
      found.has_repeated = true, found.repeated = value.get<std::string>();
      throw Refused();
    }
    return true;
  };
  nlohmann::json read(nlohmann::json::value_t::discarded);
  try {
    read = nlohmann::json::parse(text, within);
  } catch (const nlohmann::json::parse_error& error) {
    found.byte = error.byte;
  } catch (const nlohmann::json::exception&) {
  } catch (const Refused&) {
  }
  if (fault) *fault = found;
  return read;
}

/// The fault of a text that another reader has taken, if it gives a member twice; else empty.
inline std::string repeated_member(std::string_view text) {
  JsonFault fault;
  parse_json(text, &fault);
  return fault.has_repeated ? repeats(fault) : std::string();
}

}  // namespace poise::inline base
