// What training the softmax layer and training a network share: reading the parts of the data, measuring, calibrating
// and printing.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "cli/arguments.h"
#include "poise/network.h"
#include "run/parts.h"

namespace poise::cli {

inline constexpr double kHeldOut = 0.1;  ///< of the rows, where some are needed and --validation does not say

/// The share of the rows to hold out: as asked, else `by_default`, of which --calibrate needs one.
/// Throws Error(kUsage) for --calibrate --validation 0.
double held_out_share(const Arguments& arguments, double by_default);

/// How many rows a share of them is, rounded down but for what is lost to binary numbers: 0.29 of 100 rows are 29.
Index held_out_rows(Index rows, double share);

/// The data, a share of its rows held out, class by class, if asked for; what is odd about that is among the notices.
/// Beside them what --validation and --test name, or the test part of a named set. Throws Error for data without labels
/// or too small a share.
Parts read_parts(const Arguments& arguments, double held_out_share);

/// Seconds of the time limit that training may take, so that measuring a network of these widths has its time, too; at
/// least three quarters. 0: no limit.
double time_to_train(const Arguments& arguments, const Parts& parts, const std::vector<Index>& widths);

/// How the data was read, for reading more of it later, and which rows of it were held out: `held_out`, their share,
/// and `held_out_seed`.
void record_reading(const Arguments& arguments, double held_out_share, std::map<std::string, std::string>& metadata);

/// What is left of `data` when it is split as the metadata say it was in training; empty if it was not split.
std::optional<Dataset> without_held_out_rows(const std::map<std::string, std::string>& metadata, const Dataset& data);
/// How many rows of `data` a model was trained on, by the fingerprint that it has recorded: all, or those that
/// --validation left; 0 if these are other rows, or the model does not say.
Index count_rows_trained_on(const std::map<std::string, std::string>& metadata, const Dataset& data);

/// Says on stderr, unless quiet, how many rows of `data` were trained on, if any; behind `option`.
void note_rows_trained_on(const Arguments& arguments, const std::map<std::string, std::string>& metadata,
                          const Dataset& data, const std::string& option = "");

/// What it did, in a line; nothing if there is no "calibration".
void print_calibration(const nlohmann::json& result);
/// What --telemetry measured, in a line; nothing if there is no "telemetry".
void print_telemetry(const nlohmann::json& result);

/// What the parts of a result are worth, a line each, and whether that is all there is to know.
void print_parts(const nlohmann::json& result);

}  // namespace poise::cli
