#include "experiments/earlier.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <sstream>

#include "base/parse_json.h"
#include "data/bytes/hash.h"
#include "poise/error.h"

namespace poise::experiments {
namespace {

using nlohmann::json;

constexpr std::array kFree = {"seeds", "threads", "time_limit"};

std::string text_of(const json& value) { return value.dump(-1, ' ', false, json::error_handler_t::replace); }

[[noreturn]] void refuse(const std::string& directory, const std::string& what, const json& there, const json& here) {
  throw Error(ErrorKind::kUsage,
              fmt::format("--resume of a run that was asked for {} {}, not {}", what, text_of(there), text_of(here)),
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

/// By the event that a run begins with.
void require_same_run(const std::string& directory, const json& start, const std::string& experiment,
                      const json& asked) {
  const bool begins = start.is_object() && start.value("experiment", json()).is_string() &&
                      start.value("asked", json()).is_object() && start["asked"].value("data", json()).is_object();
  if (!begins) {
    throw Error(ErrorKind::kUsage, "--resume of a run whose metrics.jsonl does not begin as one of reproduce",
                "what it began with", "another --out begins a run", {directory});
  }
  if (start["experiment"] != experiment) refuse(directory, "experiment", start["experiment"], experiment);
  require_same(directory, start["asked"], asked);
}

}  // namespace

std::uint64_t check_of(const json& figures) {
  const std::string text = text_of(figures);
  return hash_block(text.data(), text.size());
}

Earlier read_earlier(const std::string& directory, const std::string& experiment, const json& asked) {
  const EventsSoFar events = events_in(directory);
  Earlier earlier;
  if (events.lines.empty()) return earlier;
  std::istringstream lines(events.lines);
  std::string line;
  std::getline(lines, line);
  require_same_run(directory, parse_json(line), experiment, asked);
  while (std::getline(lines, line)) {
    const json event = parse_json(line);
    const bool is_whole = event.is_object() && event.value("event", json()) == "trained" && event.contains("result") &&
                          event.value("check", json()) == check_of(event["result"]);
    if (is_whole) earlier.trained.push_back(event["result"]);
  }
  earlier.events = events.position;
  return earlier;
}

}  // namespace poise::experiments
