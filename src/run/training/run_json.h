// A run as JSON: what run.json, metrics.jsonl and --json have. Nothing else turns results of training into JSON.
#pragma once

#include <nlohmann/json.hpp>

#include "poise/run.h"

namespace poise::inline run {

/// What was asked, with what the data decided: with it a run can be repeated.
nlohmann::json asked_json(const TrainingRequest& request, const TrainingResult& result);

/// What came of it. Before it `has_ended` nothing is measured, and `not_measured` says why.
nlohmann::json result_json(const TrainingResult& result, bool has_ended = true);

/// run.json: the two with version, schema, fingerprint and notices.
nlohmann::json run_json(const TrainingRequest& request, const TrainingResult& result, bool has_ended);

/// A line of metrics.jsonl; null of events that are not written.
nlohmann::json to_json(const Event& event);
nlohmann::json to_json(const TelemetryMeasurement& measurement);

}  // namespace poise::inline run
