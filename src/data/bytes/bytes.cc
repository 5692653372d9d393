#include "data/bytes/bytes.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <utility>

#include "data/bytes/unpack.h"

namespace poise::inline data {
namespace {

/// A file descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(const std::string& path) : value_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int value() const { return value_; }

 private:
  int value_;
};

[[noreturn]] void fail_io(const std::string& path, const std::string& what, const std::string& hint = {}) {
  throw Error(ErrorKind::kIo, what, "a readable file", hint, {path});
}

[[noreturn]] void fail_empty(const std::string& path) {
  throw Error(ErrorKind::kData, "the file is empty", "rows of data", {}, {path});
}

Bytes read_stream(int descriptor, const std::string& path) {
  ByteBuffer buffer;
  std::size_t size = 0;
  for (;;) {
    if (size == buffer.capacity()) buffer.reserve(size + size / 2 + (1U << 16));
    const ssize_t got = ::read(descriptor, buffer.data() + size, buffer.capacity() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail_io(path, std::string("cannot read: ") + std::strerror(errno));
    if (got == 0) break;
    size += got;
  }
  if (size == 0) fail_empty(path);
  return buffer.release(size);
}

}  // namespace

ByteBuffer::~ByteBuffer() { std::free(data_); }

void ByteBuffer::reserve(std::size_t capacity) {
  if (capacity <= capacity_) return;
  void* grown = std::realloc(data_, capacity);
  if (grown == nullptr) {
    throw Error(ErrorKind::kResource, "out of memory for " + std::to_string(capacity >> 20) + " MiB of input",
                "input that fits in memory");
  }
  data_ = static_cast<char*>(grown);
  capacity_ = capacity;
}

Bytes ByteBuffer::release(std::size_t size) {
  char* data = std::exchange(data_, nullptr);
  capacity_ = 0;
  if (size > 0) {
    if (void* shrunk = std::realloc(data, size)) data = static_cast<char*>(shrunk);
  }
  return {std::shared_ptr<const void>(data, [](const void* p) { std::free(const_cast<void*>(p)); }), data, size};
}

Bytes load_file(const std::string& path, std::uint64_t memory, const std::string& hint_if_missing) {
  if (path == kStandardInput) return read_stream(STDIN_FILENO, "stdin");
  const Descriptor file(path);
  if (file.value() < 0) {
    const bool missing = errno == ENOENT || errno == ENOTDIR;
    fail_io(path, missing ? "no such file" : std::string("cannot open: ") + std::strerror(errno),
            missing ? hint_if_missing : "");
  }
  struct stat status {};
  if (::fstat(file.value(), &status) != 0) fail_io(path, std::string("cannot inspect: ") + std::strerror(errno));
  if (S_ISDIR(status.st_mode)) fail_io(path, "is a directory", "name a file in it");
  if (!S_ISREG(status.st_mode)) return read_stream(file.value(), path);
  const std::size_t size = status.st_size;
  if (size == 0) return read_stream(file.value(), path);  // /proc files say 0 and are not
  void* mapped = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.value(), 0);
  if (mapped == MAP_FAILED) return read_stream(file.value(), path);
  const std::shared_ptr<const void> owner(mapped, [size](const void* p) { ::munmap(const_cast<void*>(p), size); });
  std::shared_ptr<const StreamedPages> pages = pages_to_stream(owner, mapped, size, memory);
  ::madvise(mapped, size, pages ? MADV_SEQUENTIAL : MADV_WILLNEED);
  return {owner, static_cast<const char*>(mapped), size, std::move(pages)};
}

Bytes load_inflated(const std::string& path, std::uint64_t memory, const std::string& hint_if_missing) {
  Bytes raw = load_file(path, memory, hint_if_missing);
  const Packing packing = packing_of(raw.view());
  if (packing != Packing::kNone) return unpack(raw.view(), packing, path);
  if (const std::string plain = without_packing(path); plain != path) {
    const std::string ending = path.substr(plain.size());
    throw Error(ErrorKind::kData, "not packed, in spite of the name's " + ending, "a file packed as its name says",
                "rename it without " + ending, {path});
  }
  return raw;
}

Bytes copy_bytes(std::string_view text) {
  ByteBuffer buffer;
  buffer.reserve(std::max<std::size_t>(1, text.size()));  // the copy of nothing is something to point at
  std::copy(text.begin(), text.end(), buffer.data());
  return buffer.release(text.size());
}

std::string base_name(const std::string& path) { return std::filesystem::path(path).filename().string(); }

std::string without_gz(const std::string& path) {
  return path.size() > 3 && path.ends_with(".gz") ? path.substr(0, path.size() - 3) : path;
}

std::string without_packing(const std::string& path) {
  if (packing_by_name(path) == Packing::kNone) return path;
  const std::size_t dot = path.rfind('.');
  return dot == 0 ? path : path.substr(0, dot);
}

bool is_file(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(path, ignored);
}

}  // namespace poise::inline data
