#include "base/streamed_pages.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>

#include "base/memory.h"
#include "base/pages.h"
#include "poise/error.h"

namespace poise::inline base {
namespace {

// What one touch may bring in: beside a page that was touched the system maps what it has in memory of the large page
// around it.
constexpr std::size_t kPiece = std::size_t{2} << 20;
constexpr std::size_t kFew = std::size_t{16} << 20, kMostPages = std::size_t{256} << 20;

[[noreturn]] void fail_no_room(const std::string& folder, std::size_t bytes, int why) {
  throw Error(ErrorKind::kResource,
              fmt::format("no room for {:.1f} GB beside the memory allowed: {}", static_cast<double>(bytes) / 1e9,
                          std::strerror(why)),
              "a disk with as much", "TMPDIR names a folder for it", {folder});
}

/// A file without a name.
int open_scratch(const std::string& folder) {
#if defined(O_TMPFILE)
  const int opened = ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (opened >= 0) return opened;
#endif
  std::string name = folder + "/poise-XXXXXX";
  const int made = ::mkostemp(name.data(), O_CLOEXEC);
  if (made >= 0) ::unlink(name.c_str());
  return made;
}

std::shared_ptr<void> allocate_in_file(std::size_t bytes) {
  const char* const asked = std::getenv("TMPDIR");
  const std::string folder = asked != nullptr && *asked != 0 ? asked : "/var/tmp";  // /tmp is memory on many machines
  const int file = open_scratch(folder);
  if (file < 0) fail_no_room(folder, bytes, errno);
  const std::size_t size = std::max<std::size_t>(bytes, 1);
  // All of it now: later a disk that is full would be a signal in the middle of a write.
  const int why = ::posix_fallocate(file, 0, static_cast<off_t>(size));
  void* const mapped = why == 0 ? ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0) : MAP_FAILED;
  const int failed = why != 0 ? why : errno;
  ::close(file);
  if (mapped == MAP_FAILED) fail_no_room(folder, bytes, failed);
  return {mapped, [size](void* p) { ::munmap(p, size); }};
}

/// Whether so many bytes may stay. A few always may, and nobody has to look what is free.
bool may_stay(std::size_t bytes, std::uint64_t memory) {
  return bytes <= kFew || static_cast<double>(bytes) <= 0.5 * memory_allowed(memory);
}

}  // namespace

StreamedPages::StreamedPages(std::shared_ptr<const void> owner, const void* begin, std::size_t bytes,
                             std::uint64_t memory)
    : owner_(std::move(owner)),
      begin_(static_cast<char*>(const_cast<void*>(begin))),
      bytes_(bytes),
      memory_(memory),
      most_(std::clamp<std::size_t>(memory / 8, kFew, kMostPages)) {}

void StreamedPages::touched(const void* from, const void* to) const {
  const auto place = [this](const void* p) {
    return std::min(bytes_, static_cast<std::size_t>(static_cast<const char*>(p) - begin_));
  };
  const std::size_t begin = place(from), end = place(to);
  const std::size_t first = begin / kPiece, last = (std::max(end, begin + 1) - 1) / kPiece;
  // Neighbors of what was read before are there already.
  struct Before {
    const StreamedPages* pages = nullptr;
    std::size_t piece = 0;
  };
  thread_local std::array<Before, 8> before;
  Before& here = before[reinterpret_cast<std::uintptr_t>(this) / alignof(std::max_align_t) % before.size()];
  const bool is_there = here.pages == this && here.piece == first;
  const bool follows = is_there || (here.pages == this && here.piece + 1 == first);
  here = {this, last};
  const std::size_t pieces = last - first + (is_there ? 0 : 1);
  if (pieces == 0) return;
  if (const std::size_t next = (last + 1) * kPiece; follows && next < bytes_)
    ::madvise(begin_ + next, std::min(kPiece, bytes_ - next), MADV_WILLNEED);
  const std::size_t more = pieces * kPiece;
  if (touched_.fetch_add(more, std::memory_order_relaxed) + more < most_) return;
  touched_.store(0, std::memory_order_relaxed);
  ::madvise(begin_, bytes_, MADV_DONTNEED);
}

std::shared_ptr<const StreamedPages> pages_to_stream(std::shared_ptr<const void> owner, const void* begin,
                                                     std::size_t bytes, std::uint64_t memory) {
  if (may_stay(bytes, memory)) return nullptr;
  return std::make_shared<StreamedPages>(std::move(owner), begin, bytes,
                                         static_cast<std::uint64_t>(memory_allowed(memory)));
}

Room make_room(std::size_t bytes, std::uint64_t memory) {
  if (may_stay(bytes, memory)) return {allocate_unwritten(bytes), nullptr};
  std::shared_ptr<void> file = allocate_in_file(bytes);
  return {file,
          std::make_shared<StreamedPages>(file, file.get(), bytes, static_cast<std::uint64_t>(memory_allowed(memory)))};
}

}  // namespace poise::inline base
