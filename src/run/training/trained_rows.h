// Which rows a model was trained on, by what its metadata say of them.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "poise/dataset.h"

namespace poise::inline run {

/// What a model's metadata say of the rows it was trained on.
struct RowProvenance {
  std::string fingerprint;          ///< empty: unknown
  std::string row_set;              ///< the same whatever their order
  std::string row_set_read;         ///< the same with the rows held out; empty where none were
  double held_out = 0;              ///< share of the rows read that were held out; 0: none
  std::uint64_t held_out_seed = 0;  ///< of that split
  bool strip_label_dot = false;     ///< how they were read
  std::optional<std::string> sample_weight = std::nullopt;
};

void record(const RowProvenance& rows, std::map<std::string, std::string>& metadata);
RowProvenance recorded_rows(const std::map<std::string, std::string>& metadata);

/// What is left of `data` when it is split as the metadata say it was in training; empty if it was not split.
std::optional<Dataset> without_held_out_rows(const std::map<std::string, std::string>& metadata, const Dataset& data);

/// How many rows of `data` a model was trained on, by the fingerprint that it has recorded: all, or those that
/// validation left; 0 if these are other rows, or the model does not say.
Index count_rows_trained_on(const std::map<std::string, std::string>& metadata, const Dataset& data);

/// "these rows were trained on: …", or how many of them; empty if none was.
std::string note_on_rows_trained_on(const std::map<std::string, std::string>& metadata, const Dataset& data);

}  // namespace poise::inline run
