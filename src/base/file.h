// Whole files, in and out.
#pragma once

#include <string>
#include <string_view>

namespace poise::inline base {

/// The bytes of a file. Throws Error(kIo) if it cannot be read, Error(kData) if it holds more than `limit` bytes.
std::string read_file(const std::string& path, std::size_t limit);

/// A device, a pipe, a directory: what no other file can take the place of.
bool is_special_file(const std::string& path);

/// The file that links lead to, or the path itself where there is none yet.
std::string behind_links(const std::string& path);

/// Writes a file that appears whole or not at all, at a crash too: a temporary file in the same folder, flushed to the
/// disk, takes the name in one step. Links are followed; a device or pipe is written to and stays what it is. Throws
/// Error(kIo).
void write_file_whole(const std::string& path, std::string_view bytes);

/// For as long as it lives, remove_temporary_file() removes the file of this name. Of several at a time, in several
/// threads, the first counts.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& path);
  ~TemporaryFile();
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

 private:
  bool counts_;
};

/// Whether a write is in progress. Signal handlers may call it, and the next.
bool is_writing();
/// Removes the file that a write in progress would leave behind if the process ended now.
void remove_temporary_file();

}  // namespace poise::inline base
