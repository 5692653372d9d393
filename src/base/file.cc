#include "base/file.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "poise/error.h"

namespace poise::inline base {
namespace fs = std::filesystem;
namespace {

std::string reason() { return std::generic_category().message(errno); }

[[noreturn]] void cannot_read(const std::string& what, const std::string& path) {
  throw Error(ErrorKind::kIo, fmt::format("{}: {}", what, reason()), "a readable file", {}, {path});
}

[[noreturn]] void cannot_write(const std::string& path) {
  throw Error(ErrorKind::kIo, "cannot write: " + reason(), "a writable place", "choose another with --out", {path});
}

// An open file, closed at the end of the scope.
class Handle {
 public:
  Handle(const std::string& path, int flags) : number_(::open(path.c_str(), flags | O_CLOEXEC, 0666)) {}
  ~Handle() { close(); }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

  bool is_open() const { return number_ >= 0; }
  int number() const { return number_; }
  bool close() {
    const bool closed = number_ < 0 || ::close(number_) == 0;
    number_ = -1;
    return closed;
  }

 private:
  int number_;
};

bool write_all(const Handle& file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file.number(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes.remove_prefix(written);
  }
  return true;
}

// Whether all of it is on the disk under this new name; if not, errno says why.
bool write_new(const std::string& path, std::string_view bytes) {
  Handle file(path, O_WRONLY | O_CREAT | O_EXCL);
  return file.is_open() && write_all(file, bytes) && ::fsync(file.number()) == 0 && file.close();
}

// Makes the new name itself survive a crash. Some file systems refuse, and then nothing is lost but that.
void flush_folder(const std::string& path) {
  const auto folder = fs::path(path).parent_path();
  const Handle handle(folder.empty() ? "." : folder.string(), O_RDONLY | O_DIRECTORY);
  if (handle.is_open()) (void)::fsync(handle.number());
}

// The name of the file of the write in progress, where a signal handler can read it.
enum class Slot { kFree, kTaken, kNamed };
std::atomic<Slot> slot{Slot::kFree};
char slot_name[PATH_MAX];

}  // namespace

TemporaryFile::TemporaryFile(const std::string& path) : counts_(false) {
  Slot free = Slot::kFree;
  if (path.size() >= sizeof slot_name || !slot.compare_exchange_strong(free, Slot::kTaken)) return;
  std::memcpy(slot_name, path.c_str(), path.size() + 1);
  slot = Slot::kNamed;
  counts_ = true;
}

TemporaryFile::~TemporaryFile() {
  if (counts_) slot = Slot::kFree;
}

bool is_writing() { return slot == Slot::kNamed; }

void remove_temporary_file() {
  if (slot == Slot::kNamed) (void)::unlink(slot_name);
}

bool is_special_file(const std::string& path) {
  std::error_code ignored;
  const fs::file_status status = fs::status(path, ignored);
  return fs::exists(status) && !fs::is_regular_file(status);
}

std::string behind_links(const std::string& path) {
  std::error_code error;
  const fs::path target = fs::canonical(path, error);
  return error ? path : target.string();
}

std::string read_file(const std::string& path, std::size_t limit) {
  constexpr std::size_t kChunk = 1 << 20;
  const Handle file(path, O_RDONLY);
  if (!file.is_open()) cannot_read("cannot open the file", path);
  std::string bytes;
  for (std::size_t size = 0;;) {
    bytes.resize(size + kChunk);
    const ssize_t count = ::read(file.number(), bytes.data() + size, kChunk);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) cannot_read("cannot read the file", path);
    size += count;
    if (size > limit) {
      throw Error(ErrorKind::kData, "the file is too large", fmt::format("at most {} bytes", limit), {}, {path});
    }
    if (count == 0) {
      bytes.resize(size);
      return bytes;
    }
  }
}

void write_file_whole(const std::string& path, std::string_view bytes) {
  if (is_special_file(path)) {
    Handle file(path, O_WRONLY);
    if (!file.is_open() || !write_all(file, bytes) || !file.close()) cannot_write(path);
    return;
  }
  static std::atomic<unsigned> counter{0};
  const std::string target = behind_links(path);
  const std::string temporary = fmt::format("{}.{}-{}.tmp", target, ::getpid(), counter++);
  const TemporaryFile in_progress(temporary);
  if (!write_new(temporary, bytes) || std::rename(temporary.c_str(), target.c_str()) != 0) {
    const int why = errno;
    (void)::unlink(temporary.c_str());
    errno = why;
    cannot_write(path);
  }
  flush_folder(target);
}

}  // namespace poise::inline base
