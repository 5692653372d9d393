#include "report/live/earlier_events.h"

#include <exception>
#include <filesystem>
#include <iterator>

#include "base/file.h"
#include "report/record/read_events.h"

namespace poise::report {
namespace {

constexpr std::size_t kMostBytes = std::size_t{1} << 28;

/// Until the first model is written, events go beside those of an earlier run.
std::string text_of_events(const std::string& directory) {
  for (const char* name : {"metrics.new.jsonl", "metrics.jsonl"}) {
    const std::filesystem::path path = std::filesystem::path(directory) / name;
    std::error_code none;
    if (!std::filesystem::exists(path, none)) continue;
    std::string text = read_file(path.string(), kMostBytes);
    const std::size_t resumed = text.rfind("\"event\":\"resume\"");
    if (resumed == std::string::npos) continue;
    text.resize(text.rfind('\n', resumed) + 1);  // 0 for the first line
    return text;
  }
  return {};
}

template <typename Each>
void put_before(const std::vector<Each>& earlier, std::vector<Each>& now) {
  now.insert(now.begin(), earlier.begin(), earlier.end());
}

}  // namespace

RunRecord earlier_events(const std::string& directory, const RunRecord& now) {
  RunRecord earlier;
  earlier.l2 = now.l2;
  try {
    read_events(text_of_events(directory), earlier);
  } catch (const std::exception&) {  // the page then begins where this process did
    return {};
  }
  return earlier;
}

void add_earlier(const RunRecord& earlier, RunRecord& now) {
  put_before(earlier.history, now.history);
  put_before(earlier.telemetry, now.telemetry);
  put_before(earlier.messages, now.messages);
  const bool goes_on = !earlier.iterations_of_solve.empty() && !now.iterations_of_solve.empty() &&
                       earlier.iterations_of_solve.back().iteration + 1 == now.iterations_of_solve.front().iteration;
  if (goes_on) put_before(earlier.iterations_of_solve, now.iterations_of_solve);
}

}  // namespace poise::report
