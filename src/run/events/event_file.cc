#include "run/events/event_file.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstring>
#include <iterator>
#include <limits>
#include <system_error>

#include "base/protobuf_writer.h"
#include "poise/error.h"

namespace poise::inline run {
namespace {

namespace fs = std::filesystem;

constexpr auto kCrcTable = [] {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t rest = byte;
    for (int bit = 0; bit < 8; ++bit) rest = (rest >> 1) ^ ((rest & 1) != 0 ? 0x82f63b78U : 0);
    table[byte] = rest;
  }
  return table;
}();

std::string as_bytes(auto number) { return {reinterpret_cast<const char*>(&number), sizeof number}; }

/// A checksum of bytes with their checksum within would be none.
std::string masked_crc(std::string_view bytes) {
  const std::uint32_t crc = crc32c(bytes);
  return as_bytes(((crc >> 15) | (crc << 17)) + 0xa282ead8U);
}

constexpr double kFirstLimit = 1e-12, kRatio = 1.1;

struct Histogram {
  double low = 0, high = 0, count = 0, sum = 0, squares = 0;
  std::vector<double> limits, counts;
};

Histogram histogram_of(const Vector& numbers) {
  const std::vector<double>& limits = bucket_limits();
  std::vector<double> counts(limits.size());
  Histogram of;
  for (const double number : numbers) {
    if (!std::isfinite(number)) continue;
    of.low = of.count == 0 ? number : std::min(of.low, number);
    of.high = of.count == 0 ? number : std::max(of.high, number);
    ++of.count, of.sum += number, of.squares += number * number;
    ++counts[bucket_of(number)];
  }
  for (std::size_t k = 0; k < limits.size(); ++k) {  // what is empty at both ends is left out
    const bool begins = k + 1 < limits.size() && counts[k + 1] > 0;
    if (of.counts.empty() && counts[k] == 0 && !begins) continue;
    of.limits.push_back(limits[k]), of.counts.push_back(counts[k]);
  }
  while (of.counts.size() > 1 && of.counts.back() == 0) of.limits.pop_back(), of.counts.pop_back();
  return of;
}

void write(ProtobufWriter& to, const Histogram& of) {
  to.float64(1, of.low);
  to.float64(2, of.high);
  to.float64(3, of.count);
  to.float64(4, of.sum);
  to.float64(5, of.squares);
  to.packed(6, of.limits);
  to.packed(7, of.counts);
}

/// An event with one summary, whose values `fill` writes.
std::string summary_event(double time, std::int64_t step, auto fill) {
  ProtobufWriter to;
  to.float64(1, time);
  to.number(2, step);
  to.message(5, [&] { fill(to); });
  return to.take();
}

constexpr std::size_t kAround = 16, kHead = 12;  // bytes of a record beside those it holds; before them

/// The place behind `count` records; empty if there are fewer.
std::optional<std::size_t> place_behind(std::string_view bytes, std::size_t count) {
  std::size_t place = 0;
  for (; count > 0; --count) {
    std::uint64_t length = 0;
    if (bytes.size() < place + kAround) return std::nullopt;
    std::memcpy(&length, bytes.data() + place, sizeof length);
    if (length > bytes.size() - place - kAround) return std::nullopt;
    if (event_record(bytes.substr(place + kHead, length)) != bytes.substr(place, kAround + length)) return std::nullopt;
    place += kAround + length;
  }
  return place;
}

}  // namespace

const std::vector<double>& bucket_limits() {
  static const std::vector<double> limits = [] {
    std::vector<double> positive;
    for (double limit = kFirstLimit; limit < 1e20; limit *= kRatio) positive.push_back(limit);
    positive.push_back(std::numeric_limits<double>::max());
    std::vector<double> all;
    for (auto limit = positive.rbegin(); limit != positive.rend(); ++limit) all.push_back(-*limit);
    all.push_back(0);
    all.insert(all.end(), positive.begin(), positive.end());
    return all;
  }();
  return limits;
}

// A logarithm comes next to it; a search would take ten times as long.
std::size_t bucket_of(double number) {
  const std::vector<double>& limits = bucket_limits();
  static const double per_bucket = 1 / std::log(kRatio);
  const std::size_t zero = limits.size() / 2;
  const double buckets = std::log(std::max(std::abs(number) / kFirstLimit, 1.0)) * per_bucket;
  const auto steps = static_cast<std::size_t>(std::min(buckets, static_cast<double>(zero - 1)));
  std::size_t at = number < 0 ? zero - steps : zero + 1 + steps;
  while (at + 1 < limits.size() && limits[at] <= number) ++at;
  while (at > 0 && limits[at - 1] > number) --at;
  return at;
}

std::uint32_t crc32c(std::string_view bytes) {
  std::uint32_t crc = 0xffffffffU;
  for (const char byte : bytes) crc = kCrcTable[(crc ^ static_cast<unsigned char>(byte)) & 0xff] ^ (crc >> 8);
  return ~crc;
}

std::string event_record(std::string_view bytes) {
  const std::string length = as_bytes(static_cast<std::uint64_t>(bytes.size()));
  return length + masked_crc(length) + std::string(bytes) + masked_crc(bytes);
}

EventFile::EventFile(const fs::path& directory, std::optional<std::size_t> kept)
    : began_(std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count()) {
  std::error_code error;
  std::vector<fs::path> old;
  for (const fs::directory_entry& entry : fs::directory_iterator(directory, error)) {
    const std::string name = entry.path().filename();
    if (name.starts_with("events.out.tfevents.") && name.ends_with(".poise")) old.push_back(entry.path());
  }
  if (kept && old.size() == 1 && go_on(old[0], *kept)) return;
  for (const fs::path& path : old) fs::remove(path, error);
  path_ = directory / fmt::format("events.out.tfevents.{:.0f}.poise", std::floor(began_));
  file_.open(path_, std::ios::binary | std::ios::trunc);
  ProtobufWriter first;
  first.float64(1, began_);
  first.text(3, "brain.Event:2");
  append(first.take());
}

/// The first record holds the time of its beginning: a key of one byte, then the number.
bool EventFile::go_on(const fs::path& old, std::size_t kept) {
  std::ifstream file(old, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  const std::optional<std::size_t> end = place_behind(bytes, 1 + kept);
  std::error_code error;
  if (!end) return false;
  fs::resize_file(old, *end, error);
  if (error) return false;
  std::memcpy(&began_, bytes.data() + kHead + 1, sizeof began_);
  path_ = old;
  file_.open(path_, std::ios::binary | std::ios::app);
  return true;
}

void EventFile::append(const std::string& event) {
  const std::string record = event_record(event);
  file_.write(record.data(), std::ssize(record));
  file_.flush();
  if (!file_) {
    throw Error(ErrorKind::kIo, std::generic_category().message(errno), "a file that can be written",
                "--tensorboard off writes none", {path_.string()});
  }
}

void EventFile::summary(std::int64_t step, double seconds, const EventSummary& summary) {
  append(summary_event(began_ + seconds, step, [&](ProtobufWriter& to) {
    for (const auto& [tag, number] : summary.scalars) {
      if (!std::isfinite(number)) continue;
      to.message(1, [&] {
        to.text(1, tag);
        to.float32(2, static_cast<float>(number));
      });
    }
    for (const auto& [tag, numbers] : summary.distributions) {
      to.message(1, [&] {
        to.text(1, tag);
        to.message(5, [&] { write(to, histogram_of(numbers)); });
      });
    }
  }));
}

void EventFile::text(const std::string& tag, const std::string& text) {
  constexpr std::int64_t kString = 7;  // of tensorflow/core/framework/types.proto
  append(summary_event(began_, 0, [&](ProtobufWriter& to) {
    to.message(1, [&] {
      to.text(1, tag);
      to.message(8, [&] {
        to.number(1, kString);
        to.message(2, [] {});
        to.text(8, text);
      });
      to.message(9, [&] { to.message(1, [&] { to.text(1, "text"); }); });
    });
  }));
}

}  // namespace poise::inline run
