#include "base/file.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "poise/error.h"

namespace poise {
namespace {

[[noreturn]] void fail(const std::string& what, const std::string& path) {
  const std::string reason = std::generic_category().message(errno);
  throw Error(ErrorKind::kIo, fmt::format("{}: {}", what, reason), {}, {}, {path});
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

void write_and_flush(const std::string& path, std::string_view bytes) {
  Handle file(path, O_WRONLY | O_CREAT | O_EXCL);
  if (!file.is_open()) fail("cannot create the file", path);
  while (!bytes.empty()) {
    const ssize_t written = ::write(file.number(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail("cannot write", path);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::fsync(file.number()) != 0 || !file.close()) fail("cannot write", path);
}

// Makes the new name itself survive a crash. Some file systems refuse, and then nothing is lost but that.
void flush_folder(const std::string& path) {
  const auto folder = std::filesystem::path(path).parent_path();
  const Handle handle(folder.empty() ? "." : folder.string(), O_RDONLY | O_DIRECTORY);
  if (handle.is_open()) (void)::fsync(handle.number());
}

}  // namespace

std::string read_file(const std::string& path, std::size_t limit) {
  constexpr std::size_t kChunk = 1 << 20;
  const Handle file(path, O_RDONLY);
  if (!file.is_open()) fail("cannot open the file", path);
  std::string bytes;
  for (std::size_t size = 0;;) {
    bytes.resize(size + kChunk);
    const ssize_t count = ::read(file.number(), bytes.data() + size, kChunk);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail("cannot read the file", path);
    size += static_cast<std::size_t>(count);
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
  static std::atomic<unsigned> counter{0};
  const std::string temporary = fmt::format("{}.{}-{}.tmp", path, ::getpid(), counter++);
  try {
    write_and_flush(temporary, bytes);
    if (std::rename(temporary.c_str(), path.c_str()) != 0) fail("cannot replace the file", path);
  } catch (const Error& error) {
    (void)::unlink(temporary.c_str());
    throw Error(ErrorKind::kIo, error.found(), {}, "is the folder there, writable, and the disk not full?", {path});
  }
  flush_folder(path);
}

}  // namespace poise
