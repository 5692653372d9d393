#include "data/bytes/unpack.h"

#include <lzma.h>
#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>

#include "base/memory.h"
#include "data/bytes/gzip.h"

namespace poise::inline data {
namespace {

constexpr std::size_t kHarmless = 1U << 30;
constexpr std::size_t kLargestRatio = 400;

std::size_t largest_output(std::size_t packed) {
  return std::min(static_cast<std::size_t>(memory_of_machine()), std::max(kHarmless, packed * kLargestRatio));
}

const char* xz_fault(lzma_ret status) {
  switch (status) {
    case LZMA_FORMAT_ERROR:
      return "the xz file does not begin as one";
    case LZMA_OPTIONS_ERROR:
      return "the xz file asks for a filter that liblzma does not know";
    case LZMA_BUF_ERROR:
      return "the xz file is cut short";
    default:
      return "the xz file is corrupt, or something else follows";
  }
}

Bytes unpack_xz(std::string_view packed, const std::string& file) {
  lzma_stream stream = LZMA_STREAM_INIT;
  const std::unique_ptr<lzma_stream, void (*)(lzma_stream*)> guard(&stream, lzma_end);
  if (lzma_stream_decoder(&stream, kHarmless, LZMA_CONCATENATED) != LZMA_OK) {
    throw Error(ErrorKind::kResource, "out of memory for liblzma", "some 50 KiB more");
  }
  stream.next_in = reinterpret_cast<const std::uint8_t*>(packed.data());
  stream.avail_in = packed.size();
  UnpackedBytes out(packed.size(), 6 * packed.size() + 4096, file);
  for (lzma_ret status = LZMA_OK; status != LZMA_STREAM_END;) {
    const std::size_t room = out.room();
    stream.next_out = reinterpret_cast<std::uint8_t*>(out.place());
    stream.avail_out = room;
    status = lzma_code(&stream, LZMA_FINISH);
    if (status == LZMA_MEM_ERROR || status == LZMA_MEMLIMIT_ERROR) {
      throw Error(ErrorKind::kResource, "unpacking this xz file takes more than 1 GiB", "a smaller dictionary",
                  "unpack it yourself: xz -dk", {file});
    }
    if (status != LZMA_OK && status != LZMA_STREAM_END) fail_packed(xz_fault(status), "xz", file);
    out.took(room - stream.avail_out);
  }
  return out.release();
}

Bytes unpack_zstd(std::string_view packed, const std::string& file) {
  const std::unique_ptr<ZSTD_DStream, std::size_t (*)(ZSTD_DStream*)> stream(ZSTD_createDStream(), ZSTD_freeDStream);
  if (stream == nullptr) throw Error(ErrorKind::kResource, "out of memory for libzstd", "some 200 KiB more");
  ZSTD_inBuffer in{packed.data(), packed.size(), 0};
  UnpackedBytes out(packed.size(), 5 * packed.size() + 4096, file);
  for (;;) {
    ZSTD_outBuffer to{out.place(), out.room(), 0};
    const std::size_t left = ZSTD_decompressStream(stream.get(), &to, &in);  // 0 where a frame is complete
    if (ZSTD_isError(left) != 0) {
      const std::string fault = ZSTD_getErrorCode(left) == ZSTD_error_prefix_unknown && in.pos > 0
                                    ? "something else follows the zstd data"
                                    : std::string("the zstd file is corrupt: ") + ZSTD_getErrorName(left);
      fail_packed(fault, "zstd", file);
    }
    const bool stuck = to.pos < to.size && in.pos == in.size;  // room is left, and nothing more to read
    out.took(to.pos);
    if (in.pos == in.size && left == 0) return out.release();
    if (stuck) fail_packed("the zstd file is cut short", "zstd", file);
  }
}

}  // namespace

UnpackedBytes::UnpackedBytes(std::size_t packed, std::size_t likely, const std::string& file)
    : limit_(largest_output(packed)), file_(file) {
  buffer_.reserve(std::min(limit_, std::max<std::size_t>(1, likely)));
}

void UnpackedBytes::took(std::size_t bytes) {
  size_ += bytes;
  if (size_ < buffer_.capacity()) return;
  if (size_ >= limit_) {
    throw Error(ErrorKind::kResource, "unpacks to more than " + std::to_string(size_ >> 20) + " MiB",
                "what fits in memory, at no more than 400 bytes a byte", "unpack it yourself if it is not a bomb",
                {file_});
  }
  buffer_.reserve(std::min(limit_, size_ + size_ / 2 + 4096));
}

Bytes UnpackedBytes::release() {
  if (size_ == 0) throw Error(ErrorKind::kData, "the file is empty once unpacked", "rows of data", {}, {file_});
  return buffer_.release(size_);
}

void fail_packed(const std::string& found, const char* whole, const std::string& file) {
  throw Error(ErrorKind::kData, found, std::string("a whole ") + whole + " file", "copy or download it again", {file});
}

Packing packing_of(std::string_view bytes) {
  if (is_gzip(bytes)) return Packing::kGzip;
  if (bytes.starts_with(std::string_view("\xFD"
                                         "7zXZ\0",
                                         6)))
    return Packing::kXz;
  return bytes.starts_with("\x28\xB5\x2F\xFD") ? Packing::kZstd : Packing::kNone;
}

Packing packing_by_name(const std::string& path) {
  if (path.ends_with(".gz")) return Packing::kGzip;
  if (path.ends_with(".xz")) return Packing::kXz;
  return path.ends_with(".zst") ? Packing::kZstd : Packing::kNone;
}

Bytes unpack(std::string_view packed, Packing packing, const std::string& file) {
  switch (packing) {
    case Packing::kGzip:
      return inflate_gzip(packed, file);
    case Packing::kXz:
      return unpack_xz(packed, file);
    case Packing::kZstd:
      return unpack_zstd(packed, file);
    case Packing::kNone:
      break;
  }
  return copy_bytes(packed);
}

}  // namespace poise::inline data
