// Files packed by gzip, xz or Zstandard, whose size unpacked is not known beforehand.
#pragma once

#include <string>
#include <string_view>

#include "data/bytes/bytes.h"

namespace poise::inline data {

enum class Packing { kNone, kGzip, kXz, kZstd };

/// By the first bytes.
Packing packing_of(std::string_view bytes);

/// The packing that the end of a name promises: ".gz", ".xz", ".zst".
Packing packing_by_name(const std::string& path);

/// All members (streams, frames) of a packed file, one after the other. Error(kData) if it is cut short, corrupt or
/// followed by something else. Data worth training on are not a thousandth of their size when packed: more than 1 GiB
/// at more than 400:1, or more than the machine's memory, is taken for a decompression bomb and refused with
/// Error(kResource).
Bytes unpack(std::string_view packed, Packing packing, const std::string& file);

/// Memory that unpacked bytes go to: grows up to what a harmless file would take.
class UnpackedBytes {
 public:
  /// `likely`: how many bytes there will probably be.
  UnpackedBytes(std::size_t packed, std::size_t likely, const std::string& file);

  char* place() { return buffer_.data() + size_; }                 ///< where the next bytes go
  std::size_t room() const { return buffer_.capacity() - size_; }  ///< how many there is room for: at least one
  void took(std::size_t bytes);                                    ///< so many were written; makes room for more
  std::size_t size() const { return size_; }
  Bytes release();  ///< Error(kData) if there are none

 private:
  std::size_t limit_, size_ = 0;
  ByteBuffer buffer_;
  const std::string& file_;
};

/// Error(kData): the file is cut short or damaged.
[[noreturn]] void fail_packed(const std::string& found, const char* whole, const std::string& file);

}  // namespace poise::inline data
