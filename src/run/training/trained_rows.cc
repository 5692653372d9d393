#include "run/training/trained_rows.h"

#include <fmt/core.h>

#include <utility>

#include "data/row_set.h"
#include "poise/run.h"
#include "run/training/read_parts.h"

namespace poise::inline run {

std::optional<Dataset> without_held_out_rows(const Metadata& metadata, const Dataset& data) {
  const auto rows = recorded<RowProvenance>(metadata);
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
  const auto trained = recorded<RowProvenance>(metadata);
  if (trained.fingerprint.empty()) return std::nullopt;
  if (trained.fingerprint == fingerprint(data)) return data;
  std::optional<Dataset> rest = without_held_out_rows(metadata, data);
  if (rest && trained.fingerprint == fingerprint(*rest)) return rest;
  return trained.row_set == fingerprint_of_row_set(data) ? std::optional(data) : std::nullopt;
}

}  // namespace poise
