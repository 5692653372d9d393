// The bytes of a file: mapped where possible, inflated where they are gzip.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/streamed_pages.h"
#include "poise/error.h"

namespace poise::inline data {

/// A stretch of bytes and what keeps it alive. Copies share the storage.
struct Bytes {
  std::shared_ptr<const void> owner;
  const char* data = nullptr;
  std::size_t size = 0;
  std::shared_ptr<const StreamedPages> pages = nullptr;  ///< of a mapped file that is not to stay in memory

  std::string_view view() const { return {data, size}; }
  const std::uint8_t* unsigned_data() const { return reinterpret_cast<const std::uint8_t*>(data); }
};

/// Memory that grows without being cleared first (std::vector would write every page twice).
class ByteBuffer {
 public:
  ByteBuffer() = default;
  ~ByteBuffer();
  ByteBuffer(const ByteBuffer&) = delete;
  ByteBuffer& operator=(const ByteBuffer&) = delete;

  void reserve(std::size_t capacity);  ///< Error(kResource) where memory runs out
  char* data() { return data_; }
  std::size_t capacity() const { return capacity_; }
  /// Gives the first `size` bytes away.
  Bytes release(std::size_t size);

 private:
  char* data_ = nullptr;
  std::size_t capacity_ = 0;
};

inline constexpr const char* kStandardInput = "-";

/// The file as it is on disk: mapped, or read where it cannot be (a pipe, or standard input for "-"). Error(kIo) if it
/// cannot be opened or is a directory, Error(kData) if it is empty. A mapped file must not shrink while it is in use.
/// `memory`: bytes that may stay in memory, see base/streamed_pages.h.
Bytes load_file(const std::string& path, std::uint64_t memory = 0, const std::string& hint_if_missing = {});

/// The same, unpacked if it is gzip, xz or zstd. A name that ends in .gz, .xz or .zst must be packed.
Bytes load_inflated(const std::string& path, std::uint64_t memory = 0, const std::string& hint_if_missing = {});

/// A copy, for tests and fuzz targets.
Bytes copy_bytes(std::string_view text);

/// `path` without its folders.
std::string base_name(const std::string& path);

/// `path` without a final ".gz".
std::string without_gz(const std::string& path);

/// `path` without a final ".gz", ".xz" or ".zst".
std::string without_packing(const std::string& path);

/// Whether there is a regular file at `path`.
bool is_file(const std::string& path);

}  // namespace poise::inline data
