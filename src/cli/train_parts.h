// What training the softmax layer and training a network share: reading the parts of the data, and printing.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>

#include "cli/arguments.h"

namespace poise::cli {

struct Parts {
  Dataset train;
  std::optional<Dataset> validation;
};

/// How many rows a share of them is, rounded down.
Index held_out_rows(Index rows, double share);

/// The data, a share of its rows held out, class by class, if asked for; what is odd about that is among the notices.
/// Throws Error for data without labels or too small a share.
Parts read_parts(const Arguments& arguments, double held_out_share);

/// Test data: as asked, or the test part of a named set.
std::optional<Dataset> read_test(const Arguments& arguments, const Schema& schema);

/// How the data was read, for reading more of it later, and which rows of it were held out, for certify to split it
/// again: `held_out`, their share, and `held_out_seed`.
void record_reading(const Arguments& arguments, double held_out_share, std::map<std::string, std::string>& metadata);

/// "train  accuracy …"; nothing for null.
void print_measured(const char* name, const nlohmann::json& measured);

}  // namespace poise::cli
