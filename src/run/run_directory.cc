#include "run/run_directory.h"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <system_error>

#include "base/file.h"
#include "poise/error.h"

namespace poise {
namespace fs = std::filesystem;
namespace {

[[noreturn]] void cannot_write(const fs::path& path, const std::string& reason) {
  throw Error(ErrorKind::kIo, "cannot write: " + reason, "a writable place", "choose another with --out",
              {path.string()});
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

RunDirectory::RunDirectory(const std::string& path, const std::string& data_name) {
  path_ = path.empty() ? free_directory(stem_of(data_name)) : fs::path(path);
  // Another process may take the same free name in between: then the next one is ours.
  while (!create_directories() && path.empty()) path_ = free_directory(stem_of(data_name));
  const bool is_in_use = fs::exists(model_path()) || fs::exists(summary_path());
  events_path_ = is_in_use ? path_ / "metrics.new.jsonl" : metrics_path();
  const bool had_events = fs::exists(events_path_);
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
    std::error_code error;
    is_new = fs::create_directory(so_far, error);
    if (is_new) created_.paths.push_back(so_far);
    if (is_new || fs::is_directory(so_far)) continue;
    cannot_write(so_far, fs::exists(so_far) || !error ? "it is not a directory" : error.message());
  }
  return is_new;
}

void RunDirectory::open_events(std::ios::openmode mode) {
  events_.open(events_path_, mode);
  if (!events_) cannot_write(events_path_, std::generic_category().message(errno));
}

void RunDirectory::begin() {
  if (begun_) return;
  events_.close();
  open_events(std::ios::trunc);
  created_.paths.clear();
  begun_ = true;
  if (!announced_.is_null()) append_event(announced_);
}

void RunDirectory::append_event(const nlohmann::json& event) {
  begin();
  events_ << event.dump() << '\n' << std::flush;
  if (!events_) cannot_write(events_path_, std::generic_category().message(errno));
}

/// The first result is there: an earlier run's file of the other kind must not be taken for this one's.
void RunDirectory::take_over(const fs::path& not_ours) {
  if (has_taken_over_) return;
  begin();
  std::error_code error;
  fs::remove(not_ours, error);
  if (!error && events_path_ != metrics_path()) fs::rename(events_path_, metrics_path(), error);
  if (error) cannot_write(path_, error.message());
  events_path_ = metrics_path();
  has_taken_over_ = true;
}

void RunDirectory::save_model(const Network& model) {
  save_network(model, model_path());
  take_over(summary_path());
}

void RunDirectory::write_summary(const nlohmann::json& summary) {
  write_file_whole(summary_path().string(), summary.dump(2) + "\n");
  take_over(model_path());
}

}  // namespace poise
