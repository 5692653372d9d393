// A file that appears whole or not at all.
#pragma once

#include <zlib.h>

#include <string>
#include <string_view>

#include "base/file.h"

namespace poise::inline data {

/// Writes beside the target, under a name of its own, and takes the target's name on commit(). Without a commit the
/// file is removed. Links are followed; a device or pipe is written to and stays what it is; "-" is standard output. A
/// path that ends in .gz is compressed. All failures are Error(kIo).
class OutputFile {
 public:
  explicit OutputFile(const std::string& path);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  void write(std::string_view bytes);  ///< buffered
  void close();                        ///< all bytes are on disk after this
  void commit();                       ///< close, and rename

 private:
  [[noreturn]] void fail(const std::string& what) const;
  void flush();
  void remove_temporary() const;

  std::string path_, target_, temporary_, buffer_;
  TemporaryFile in_progress_;
  int descriptor_ = -1;
  gzFile stream_ = nullptr;
  bool committed_ = false, standard_output_;
  bool in_place_;  // of standard output, a device or a pipe there is no other file to take the name
};

}  // namespace poise::inline data
