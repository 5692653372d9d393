// Events as TensorBoard reads them: a file of records, each of which is a message of protocol buffers
// (tensorflow/core/util/event.proto, summary.proto; records: tensorflow.org/tutorials/load_data/tfrecord).
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "poise/dataset.h"

namespace poise::inline run {

/// CRC-32C of Castagnoli, as of RFC 3720.
std::uint32_t crc32c(std::string_view bytes);

/// The record of some bytes: their length, the checksum of that, they themselves, their checksum.
std::string event_record(std::string_view bytes);

/// Where the buckets of a histogram end: ±1e-12 · 1.1^k up to 1e20, the largest number, and 0 between.
const std::vector<double>& bucket_limits();

/// Which bucket has the number: the first that ends above it, else the last.
std::size_t bucket_of(double number);

/// A number of figures under names as "train/accuracy", which TensorBoard groups by what is before the slash.
using Scalars = std::vector<std::pair<std::string, double>>;

/// What is told at one moment. Numbers that are not finite are left out.
struct EventSummary {
  Scalars scalars;
  std::vector<std::pair<std::string, Vector>> distributions;  ///< shown as histograms, in buckets a tenth apart
};

class EventFile {
 public:
  /// events.out.tfevents.<seconds since 1970>.poise in the directory, where it takes the place of others of that name.
  /// `kept`: goes on with the one that is there, behind so many of its summaries, if it has them.
  /// Throws Error(kIo) here and below if it cannot be written.
  explicit EventFile(const std::filesystem::path& directory, std::optional<std::size_t> kept = std::nullopt);

  /// At a step, an epoch or an iteration; `seconds` are those since the file was begun.
  void summary(std::int64_t step, double seconds, const EventSummary& summary);
  /// Markdown.
  void text(const std::string& tag, const std::string& text);

 private:
  bool go_on(const std::filesystem::path& old, std::size_t kept);
  void append(const std::string& event);

  std::filesystem::path path_;
  std::ofstream file_;
  double began_ = 0;  // seconds since 1970
};

}  // namespace poise::inline run
