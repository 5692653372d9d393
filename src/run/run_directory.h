// The run directory: everything a training run leaves behind, readable after a crash at any moment.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "poise/network.h"

namespace poise::inline run {

inline constexpr const char* kCheckpointFile = "checkpoint.safetensors";

/// How much of the events of a run there were at some moment.
struct EventsPosition {
  std::string file = {};    ///< its name within the directory
  std::uint64_t bytes = 0;  ///< their length
  std::uint64_t hash = 0;   ///< of their lines: whether a file begins with them
};

/// The events of a run in a directory, as far as they are whole lines: those of metrics.new.jsonl where it is there. No
/// bytes where there are none.
struct EventsSoFar {
  EventsPosition position;
  std::string lines;
};
EventsSoFar events_in(const std::filesystem::path& directory);

/// Removes what a process that was killed while it wrote a file of a run directory has left of it.
void remove_halves(const std::filesystem::path& directory);

/// Creates or reuses the directory; its files: model.onnx, run.json, metrics.jsonl, checkpoint.safetensors. An earlier
/// run keeps its files until a model or summary of this one is there to be written; until then, the events of this one
/// are in metrics.new.jsonl. Until the first event is appended, the destructor takes back what was created: what fails
/// early leaves no trace.
class RunDirectory {
 public:
  /// `path` as asked; empty: runs/<stem of data_name>-<n> with the first free n. Throws Error(kIo) if it cannot be
  /// written. `resumed`: goes on with the events up to there, which later ones leave; where those are gone, anew.
  RunDirectory(const std::string& path, const std::string& data_name,
               const std::optional<EventsPosition>& resumed = std::nullopt);

  std::string path() const { return path_.string(); }
  std::string model_path() const { return (path_ / "model.onnx").string(); }
  std::string checkpoint_path() const { return (path_ / kCheckpointFile).string(); }

  /// Sets the event that is written before the first one appended.
  void announce(const nlohmann::json& event) { announced_ = event; }
  /// Appends one event, a line of metrics.jsonl, and flushes it.
  void append_event(const nlohmann::json& event);
  /// Writes model.onnx, whole or not at all; so ends an earlier run in this directory.
  void save_model(const Network& model);
  /// Whether there were events to go on with, and they are not there any more as they were.
  bool has_lost_events() const { return has_lost_events_; }

  /// Where the events are that have been appended so far.
  EventsPosition events_position() const;
  /// Writes checkpoint.safetensors, whole or not at all.
  void save_checkpoint(const std::string& bytes);
  /// What has ended needs none.
  void remove_checkpoint();
  /// Writes run.json, whole or not at all; of a run without a model, so ends an earlier run in this directory.
  void write_summary(const nlohmann::json& summary);

 private:
  std::filesystem::path metrics_path() const { return path_ / "metrics.jsonl"; }
  std::filesystem::path summary_path() const { return path_ / "run.json"; }
  void begin();
  /// Writes a result. Before the first one goes what an earlier run has left beside it, `other` and its events: a crash
  /// at any moment must not leave results of two runs as one.
  void write_result(const std::filesystem::path& file, const std::string& bytes, const std::filesystem::path& other);
  bool create_directories();  // whether the last one is new
  void open_events(std::ios::openmode mode);
  /// The file of this name, if it begins with the events of `position`; then it is cut there once this run begins.
  bool goes_on_in(const std::string& name, const EventsPosition& position);

  /// Paths to remove again, unless they are kept.
  struct Created {
    std::vector<std::filesystem::path> paths;  // outermost first
    ~Created();
  };

  std::filesystem::path path_, events_path_;
  Created created_;
  std::ofstream events_;
  nlohmann::json announced_;
  EventsPosition events_so_far_;
  bool has_lost_events_ = false, begun_ = false, has_taken_over_ = false, has_checkpoint_ = false;
};

}  // namespace poise::inline run
