#include "data/write/output_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "poise/error.h"

namespace poise::inline data {
namespace {

constexpr std::size_t kBuffer = 1 << 20;

}  // namespace

OutputFile::OutputFile(const std::string& path)
    : path_(path),
      target_(behind_links(path)),
      temporary_(target_ + ".part" + std::to_string(::getpid())),
      in_progress_(temporary_),
      standard_output_(path == "-"),
      in_place_(standard_output_ || is_special_file(path)) {
  const std::string& opened = in_place_ ? path_ : temporary_;
  descriptor_ = standard_output_
                    ? ::dup(STDOUT_FILENO)
                    : ::open(opened.c_str(), O_WRONLY | (in_place_ ? 0 : O_CREAT | O_TRUNC) | O_CLOEXEC, 0666);
  if (descriptor_ < 0) fail(std::strerror(errno));
  const int copy = ::dup(descriptor_);  // zlib closes its own; ours is for fsync
  // "T": plain bytes through the same interface.
  stream_ = copy < 0 ? nullptr : gzdopen(copy, path.ends_with(".gz") ? "wb6" : "wbT");
  if (stream_ != nullptr) return;
  if (copy >= 0) ::close(copy);
  ::close(descriptor_);
  remove_temporary();
  fail("out of memory or descriptors");
}

OutputFile::~OutputFile() {
  if (stream_ != nullptr) gzclose(stream_);
  if (descriptor_ >= 0) ::close(descriptor_);
  if (!committed_) remove_temporary();
}

void OutputFile::remove_temporary() const {
  if (!in_place_) ::unlink(temporary_.c_str());
}

void OutputFile::fail(const std::string& what) const {
  throw Error(ErrorKind::kIo, "cannot write: " + what, "a writable place",
              standard_output_ ? "" : "is the folder there, writable, and the disk not full?",
              {standard_output_ ? "stdout" : path_});
}

void OutputFile::flush() {
  if (!buffer_.empty() && gzwrite(stream_, buffer_.data(), static_cast<unsigned>(buffer_.size())) <= 0) {
    fail(errno != 0 ? std::strerror(errno) : "the disk may be full");
  }
  buffer_.clear();
}

void OutputFile::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::string_view piece = bytes.substr(0, kBuffer);
    buffer_ += piece;
    bytes.remove_prefix(piece.size());
    if (buffer_.size() >= kBuffer) flush();
  }
}

void OutputFile::close() {
  if (stream_ == nullptr) return;
  flush();
  gzFile stream = stream_;
  stream_ = nullptr;
  if (gzclose(stream) != Z_OK || ::fsync(descriptor_) != 0) {
    if (errno != EINVAL && errno != EROFS) fail(std::strerror(errno));  // a pipe or device has nothing to sync
  }
}

void OutputFile::commit() {
  close();
  if (!in_place_ && std::rename(temporary_.c_str(), target_.c_str()) != 0) fail(std::strerror(errno));
  committed_ = true;
}

}  // namespace poise::inline data
