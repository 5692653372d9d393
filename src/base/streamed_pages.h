// Arrays that are larger than the memory allowed: in files, mapped, and never whole in memory.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace poise::inline base {

/// Pages of a file, mapped into memory, of which no more stay there than may. Who reads or writes them says so; when it
/// was enough in all, every page is let go: nothing is lost, the file keeps it, and who comes back to one finds it in
/// the system's own cache or on the disk.
class StreamedPages {
 public:
  /// `owner` keeps [begin, begin + bytes), which begins at a page, mapped. Of `memory`, the bytes that may stay in
  /// memory in all, these pages take an eighth, and at most 256 MiB.
  StreamedPages(std::shared_ptr<const void> owner, const void* begin, std::size_t bytes, std::uint64_t memory);

  /// [from, to) was read or written. Where a thread goes through them in order, the disk is asked for what comes next.
  void touched(const void* from, const void* to) const;

  std::uint64_t memory() const { return memory_; }

 private:
  std::shared_ptr<const void> owner_;
  char* begin_;
  std::size_t bytes_;
  std::uint64_t memory_;
  std::size_t most_;
  mutable std::atomic<std::size_t> touched_{0};  // since all were let go
};

/// Those of a mapped file, or null if it may stay in memory: if it takes at most half of `memory`, the bytes that may
/// (0: half of what is free, see memory_allowed).
std::shared_ptr<const StreamedPages> pages_to_stream(std::shared_ptr<const void> owner, const void* begin,
                                                     std::size_t bytes, std::uint64_t memory);

/// An array that nobody has written yet: in memory, or where it may not stay there (as above) pages of a file without a
/// name in $TMPDIR, or /var/tmp.
struct Room {
  std::shared_ptr<void> memory;
  std::shared_ptr<const StreamedPages> pages;  ///< null in memory

  template <typename T>
  T* as() const {
    return static_cast<T*>(memory.get());
  }
  void touched(const void* from, const void* to) const {
    if (pages) pages->touched(from, to);
  }
};

/// std::bad_alloc where there is no memory, Error(kResource) where the disk has no room.
Room make_room(std::size_t bytes, std::uint64_t memory);

}  // namespace poise::inline base
