// The run directory: everything a training run leaves behind, readable after a crash at any moment.
#pragma once

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

namespace poise {

/// Writes `text` to `path` so that the file appears whole or not at all. Throws Error(kIo).
void write_file(const std::filesystem::path& path, const std::string& text);

/// Creates or reuses the directory; its files: model.onnx, run.json, metrics.jsonl.
class RunDirectory {
 public:
  /// `path` as asked; empty: runs/<stem of data_name>-<n> with the first free n. Throws Error(kIo) if it cannot be
  /// written.
  RunDirectory(const std::string& path, const std::string& data_name);

  std::string path() const { return path_.string(); }
  std::string model_path() const { return (path_ / "model.onnx").string(); }

  /// Appends one event, a line of metrics.jsonl, and flushes it.
  void append_event(const nlohmann::json& event);
  /// Replaces run.json.
  void write_summary(const nlohmann::json& summary) const;

 private:
  std::filesystem::path path_;
  std::ofstream events_;
};

}  // namespace poise
