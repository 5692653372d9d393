#include "experiments/earlier.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <sstream>

#include "base/parse_json.h"
#include "poise/error.h"

namespace poise::experiments {
namespace {

using nlohmann::json;

constexpr std::array kFree = {"seeds", "threads", "time_limit"};

[[noreturn]] void refuse(const std::string& directory, const std::string& what, const json& there, const json& here) {
  throw Error(ErrorKind::kUsage,
              fmt::format("--resume of a run with another {}: {}, not {}", what, there.dump(), here.dump()),
              "what was asked for when it began", "another --out begins a run", {directory});
}

/// Sets that both have must be the same; one may have more of them.
void require_same_data(const std::string& directory, const json& there, const json& here) {
  for (const auto& [name, rows] : there.items()) {
    if (here.contains(name) && here[name] != rows) refuse(directory, "data, " + name, rows, here[name]);
  }
}

void require_same(const std::string& directory, const json& there, const json& here) {
  for (const auto& [name, value] : here.items()) {
    if (std::ranges::find(kFree, name) != kFree.end()) continue;
    const json before = there.value(name, json());
    if (name == "data") {
      require_same_data(directory, before, value);
    } else if (before != value) {
      refuse(directory, name, before, value);
    }
  }
}

}  // namespace

Earlier read_earlier(const std::string& directory, const std::string& experiment, const json& asked) {
  const EventsSoFar events = events_in(directory);
  std::istringstream lines(events.lines);
  Earlier earlier;
  bool first = true;
  for (std::string line; std::getline(lines, line); first = false) {
    const json event = parse_json(line);
    const bool is_event = event.is_object() && event.contains("event");
    if (first && (!is_event || event.value("experiment", "") != experiment))
      refuse(directory, "content", is_event ? event.value("experiment", json("no experiment")) : json("no experiment"),
             experiment);
    if (first) require_same(directory, event.value("asked", json::object()), asked);
    if (is_event && event["event"] == "trained") earlier.trained.push_back(event.value("result", json()));
  }
  if (!first) earlier.events = events.position;
  return earlier;
}

}  // namespace poise::experiments
