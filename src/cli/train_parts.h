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

/// The data, a share of its rows held out if asked for. Throws Error for data without labels or too small a share.
Parts read_parts(const Arguments& arguments, double held_out_share);

/// Test data: as asked, or the test part of a named set.
std::optional<Dataset> read_test(const Arguments& arguments, const Schema& schema);

/// How the data was read, for reading more of it later.
void record_reading(const Arguments& arguments, std::map<std::string, std::string>& metadata);

/// "train  accuracy …"; nothing for null.
void print_measured(const char* name, const nlohmann::json& measured);

}  // namespace poise::cli
