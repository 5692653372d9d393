#include "run/run_directory.h"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <iterator>
#include <string_view>
#include <system_error>

#include "base/file.h"
#include "data/bytes/hash.h"
#include "network/model_file.h"
#include "poise/error.h"
#include "run/json_text.h"

namespace poise::inline run {
namespace fs = std::filesystem;
namespace {

[[noreturn]] void cannot_write(const fs::path& path, const std::string& reason) {
  throw Error(ErrorKind::kIo, "cannot write: " + reason, "a writable place", "choose another with --out",
              {path.string()});
}

constexpr const char *kEvents = "metrics.jsonl", *kNewEvents = "metrics.new.jsonl";

constexpr const char* kWrittenWhole[] = {"model.onnx.", "run.json.", "checkpoint.safetensors.", "report."};

/// Of events and one more line.
std::uint64_t with_line(std::uint64_t hash, std::string_view line) {
  return mix(hash, hash_block(line.data(), line.size()));
}

std::uint64_t hash_of_lines(std::string_view text) {
  std::uint64_t hash = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size() - 1) + 1;
    hash = with_line(hash, text.substr(begin, end - begin));
    begin = end;
  }
  return hash;
}

/// False, too, where it cannot be found out; writing there will say why.
bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

/// "data/Wine White.csv.gz" → "wine-white"
std::string stem_of(const std::string& data_name) {
  std::string name = fs::path(data_name).filename().string();
  name = name.substr(0, name.find('.'));
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) {
    return std::isalnum(c) || c == '_' ? static_cast<char>(std::tolower(c)) : '-';
  });
  return name.empty() ? "data" : name;
}

/// The first runs/<stem>-<n> that does not exist.
fs::path free_directory(const std::string& stem) {
  for (int n = 1; n < 1000000; ++n) {
    const fs::path candidate = fs::path("runs") / fmt::format("{}-{}", stem, n);
    std::error_code error;
    if (!fs::exists(fs::symlink_status(candidate, error))) return candidate;
  }
  cannot_write("runs", "a million runs of this name exist");
}

}  // namespace

EventsSoFar events_in(const fs::path& directory) {
  EventsSoFar events;
  events.position.file = is_there(directory / kNewEvents) ? kNewEvents : kEvents;
  std::ifstream file(directory / events.position.file, std::ios::binary);
  events.lines.assign(std::istreambuf_iterator<char>(file), {});
  events.lines.resize(events.lines.rfind('\n') + 1);  // npos + 1 is 0
  events.position.bytes = events.lines.size();
  events.position.hash = hash_of_lines(events.lines);
  return events;
}

void remove_halves(const fs::path& directory) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(directory, error)) {
    const std::string name = entry.path().filename().string();
    const bool is_half = name.ends_with(".tmp") &&
                         std::ranges::any_of(kWrittenWhole, [&](const char* of) { return name.starts_with(of); });
    std::error_code ignored;
    if (is_half) fs::remove(entry.path(), ignored);
  }
}

RunDirectory::RunDirectory(const std::string& path, const std::string& data_name,
                           const std::optional<EventsPosition>& resumed)
    : has_checkpoint_(resumed.has_value()) {
  path_ = path.empty() ? free_directory(stem_of(data_name)) : fs::path(path);
  // Another process may take the same free name in between: then the next one is ours.
  while (!create_directories() && path.empty()) path_ = free_directory(stem_of(data_name));
  const bool is_in_use = is_there(model_path()) || is_there(summary_path());
  const bool goes_on = resumed && (goes_on_in(kNewEvents, *resumed) || goes_on_in(kEvents, *resumed));
  has_lost_events_ = resumed && resumed->bytes > 0 && !goes_on;
  if (!goes_on) events_path_ = path_ / (is_in_use ? kNewEvents : kEvents);
  const bool had_events = is_there(events_path_);
  open_events(std::ios::app);
  if (!had_events) created_.paths.push_back(events_path_);
}

RunDirectory::Created::~Created() {
  std::error_code ignored;  // a directory that others have filled meanwhile stays
  for (auto path = paths.rbegin(); path != paths.rend(); ++path) fs::remove(*path, ignored);
}

bool RunDirectory::create_directories() {
  fs::path so_far;
  bool is_new = false;
  for (const fs::path& part : path_) {
    so_far /= part;
    std::error_code error, ignored;
    is_new = fs::create_directory(so_far, error);
    if (is_new) created_.paths.push_back(so_far);
    if (is_new || fs::is_directory(so_far, ignored)) continue;
    cannot_write(so_far, is_there(so_far) || !error ? "it is not a directory" : error.message());
  }
  return is_new;
}

void RunDirectory::open_events(std::ios::openmode mode) {
  events_.open(events_path_, mode);
  if (!events_) cannot_write(events_path_, std::generic_category().message(errno));
}

bool RunDirectory::goes_on_in(const std::string& name, const EventsPosition& position) {
  std::error_code error;
  if (fs::file_size(path_ / name, error) < position.bytes || error) return false;
  std::ifstream file(path_ / name, std::ios::binary);
  std::string text(position.bytes, '\0');
  if (!file.read(text.data(), static_cast<std::streamsize>(text.size()))) return false;
  if (hash_of_lines(text) != position.hash) return false;
  events_path_ = path_ / name;
  events_so_far_ = position;
  return true;
}

EventsPosition RunDirectory::events_position() const {
  EventsPosition position = events_so_far_;
  position.file = events_path_.filename().string();
  return position;
}

void RunDirectory::begin() {
  if (begun_) return;
  remove_halves(path_);
  std::error_code error;
  fs::resize_file(events_path_, events_so_far_.bytes, error);
  if (error) cannot_write(events_path_, error.message());
  created_.paths.clear();
  begun_ = true;
  if (!announced_.is_null()) append_event(announced_);
}

void RunDirectory::append_event(const nlohmann::json& event) {
  begin();
  const std::string line = to_text(event) + '\n';
  events_ << line << std::flush;
  if (!events_) cannot_write(events_path_, std::generic_category().message(errno));
  events_so_far_.bytes += line.size();
  events_so_far_.hash = with_line(events_so_far_.hash, line);
}

void RunDirectory::write_result(const fs::path& file, const std::string& bytes, const fs::path& other) {
  begin();
  const bool is_first = !has_taken_over_, has_own_events = events_path_ != metrics_path();
  std::error_code error;
  for (const fs::path& old : {other, path_ / "report.html", path_ / "report.md"}) {
    if (is_first && !error) fs::remove(old, error);
  }
  if (is_first && has_own_events && !error) fs::remove(metrics_path(), error);
  if (is_first && !has_checkpoint_ && !error) fs::remove(checkpoint_path(), error);
  if (error) cannot_write(path_, error.message());
  write_file_whole(file.string(), bytes);
  if (is_first && has_own_events) fs::rename(events_path_, metrics_path(), error);
  if (error) cannot_write(path_, error.message());
  events_path_ = metrics_path();
  has_taken_over_ = true;
}

void RunDirectory::save_model(const Network& model) {
  write_result(model_path(), serialize_network(model), summary_path());
}

void RunDirectory::save_checkpoint(const std::string& bytes) {
  write_file_whole(checkpoint_path(), bytes);
  has_checkpoint_ = true;
}

void RunDirectory::remove_checkpoint() {
  std::error_code ignored;
  fs::remove(checkpoint_path(), ignored);
}

void RunDirectory::write_summary(const nlohmann::json& summary) {
  write_result(summary_path(), to_text(summary, 2) + "\n", model_path());
}

}  // namespace poise::inline run
