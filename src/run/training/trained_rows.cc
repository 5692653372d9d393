#include "run/training/trained_rows.h"

#include <fmt/core.h>

#include <cstdlib>
#include <utility>

#include "data/row_set.h"
#include "network/metadata.h"
#include "poise/run.h"
#include "run/training/read_parts.h"

namespace poise::inline run {

void record(const RowProvenance& rows, Metadata& metadata) {
  metadata["read.strip_label_dot"] = rows.strip_label_dot ? "true" : "false";
  if (rows.sample_weight) metadata["read.sample_weight"] = *rows.sample_weight;
  metadata["fingerprint"] = rows.fingerprint;
  metadata["row_set"] = rows.row_set;
  if (rows.held_out <= 0) return;
  metadata["held_out"] = fmt::format("{}", rows.held_out);
  metadata["row_set_read"] = rows.row_set_read;
  metadata["held_out_seed"] = fmt::format("{}", rows.held_out_seed);
}

RowProvenance recorded_rows(const Metadata& metadata) {
  RowProvenance rows{.fingerprint = recorded_text(metadata, "fingerprint"),
                     .row_set = recorded_text(metadata, "row_set"),
                     .row_set_read = recorded_text(metadata, "row_set_read"),
                     .strip_label_dot = recorded_flag(metadata, "read.strip_label_dot")};
  const double share = std::strtod(recorded_text(metadata, "held_out").c_str(), nullptr);
  if (share > 0 && share < 1) rows.held_out = share;
  rows.held_out_seed = std::strtoull(recorded_text(metadata, "held_out_seed").c_str(), nullptr, 10);
  if (std::string weight = recorded_text(metadata, "read.sample_weight"); !weight.empty())
    rows.sample_weight = std::move(weight);
  return rows;
}

std::optional<Dataset> without_held_out_rows(const Metadata& metadata, const Dataset& data) {
  const RowProvenance rows = recorded_rows(metadata);
  const Index held_out = held_out_rows(data.rows(), rows.held_out);
  if (held_out <= 0 || held_out >= data.rows()) return std::nullopt;
  return split_by_class(data, held_out, rows.held_out_seed).first;
}

Index count_rows_trained_on(const Metadata& metadata, const Dataset& data) {
  const std::optional<Dataset> rows = rows_trained_on(metadata, data);
  return rows ? rows->rows() : 0;
}

std::string note_on_rows_trained_on(const Metadata& metadata, const Dataset& data) {
  const Index trained = count_rows_trained_on(metadata, data);
  if (trained == 0) return {};
  const std::string rows =
      trained == data.rows() ? "these rows" : fmt::format("{} of the {} rows", trained, data.rows());
  return rows + " were trained on: how right the model is only rows that it has not seen can tell";
}

}  // namespace poise::inline run

namespace poise {

std::optional<Dataset> rows_trained_on(const Metadata& metadata, const Dataset& data) {
  const RowProvenance recorded = recorded_rows(metadata);
  if (recorded.fingerprint.empty()) return std::nullopt;
  if (recorded.fingerprint == fingerprint(data)) return data;
  std::optional<Dataset> rest = without_held_out_rows(metadata, data);
  if (rest && recorded.fingerprint == fingerprint(*rest)) return rest;
  return recorded.row_set == fingerprint_of_row_set(data) ? std::optional(data) : std::nullopt;
}

}  // namespace poise
