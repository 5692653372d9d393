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
  const bool had_events = fs::exists(metrics_path());
  open_events(std::ios::app);
  if (!had_events) created_.paths.push_back(metrics_path());
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
  events_.open(metrics_path(), mode);
  if (!events_) cannot_write(metrics_path(), std::generic_category().message(errno));
}

void RunDirectory::append_event(const nlohmann::json& event) {
  if (!begun_) {
    // An earlier run's model must not be taken for this one's, should this one end too early to write its own.
    std::error_code ignored;
    for (const fs::path& old : {path_ / "model.onnx", path_ / "run.json"}) fs::remove(old, ignored);
    events_.close();
    open_events(std::ios::trunc);
    created_.paths.clear();
    begun_ = true;
    if (!announced_.is_null()) append_event(announced_);
  }
  events_ << event.dump() << '\n' << std::flush;
  if (!events_) cannot_write(metrics_path(), std::generic_category().message(errno));
}

void RunDirectory::write_summary(const nlohmann::json& summary) const {
  write_file_whole((path_ / "run.json").string(), summary.dump(2) + "\n");
}

}  // namespace poise
