#include "run/run_directory.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <system_error>

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

/// Creates the first runs/<stem>-<n> that does not exist; create_directory tells whether it was us.
fs::path claim_free_directory(const std::string& stem) {
  std::error_code error;
  fs::create_directories("runs", error);
  for (int n = 1; n < 1000000; ++n) {
    const fs::path candidate = fs::path("runs") / fmt::format("{}-{}", stem, n);
    if (fs::create_directory(candidate, error)) return candidate;
    if (error) cannot_write(candidate, error.message());
  }
  cannot_write("runs", "a million runs of this name exist");
}

}  // namespace

void write_file(const fs::path& path, const std::string& text) {
  const fs::path temporary = path.string() + fmt::format(".{}.tmp", ::getpid());
  std::FILE* file = std::fopen(temporary.c_str(), "wb");
  if (!file) cannot_write(path, std::generic_category().message(errno));
  const bool written = std::fwrite(text.data(), 1, text.size(), file) == text.size() && std::fflush(file) == 0 &&
                       ::fsync(::fileno(file)) == 0;
  const int reason = errno;
  std::fclose(file);
  std::error_code error;
  if (written) fs::rename(temporary, path, error);
  if (!written || error) {
    const std::string message = written ? error.message() : std::generic_category().message(reason);
    fs::remove(temporary, error);
    cannot_write(path, message);
  }
}

RunDirectory::RunDirectory(const std::string& path, const std::string& data_name) {
  if (path.empty()) {
    path_ = claim_free_directory(stem_of(data_name));
  } else {
    path_ = path;
    std::error_code error;
    fs::create_directories(path_, error);
    if (error) cannot_write(path_, error.message());
    if (!fs::is_directory(path_)) cannot_write(path_, "it is not a directory");
  }
  events_.open(path_ / "metrics.jsonl", std::ios::trunc);
  if (!events_) cannot_write(path_ / "metrics.jsonl", std::generic_category().message(errno));
}

void RunDirectory::append_event(const nlohmann::json& event) {
  events_ << event.dump() << '\n' << std::flush;
  if (!events_) cannot_write(path_ / "metrics.jsonl", std::generic_category().message(errno));
}

void RunDirectory::write_summary(const nlohmann::json& summary) const {
  write_file(path_ / "run.json", summary.dump(2) + "\n");
}

}  // namespace poise
