#include "run/training/training_run.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "data/classes.h"
#include "data/row_set.h"
#include "network/float64_inputs.h"
#include "run/measured_parts.h"
#include "run/measured_words.h"
#include "run/surest_errors.h"
#include "run/training/read_parts.h"
#include "run/training/run_json.h"

namespace poise::inline run {
namespace {

/// Other programs have to know, and mostly think of float32.
std::string note_on_inputs(const Network& model) {
  const std::vector<std::string> columns = float64_columns(model);
  if (columns.empty()) return {};
  const auto is_number = [](const Column& column) { return column.kind == ColumnKind::kNumeric; };
  const bool one_input = std::ranges::all_of(model.schema.columns, is_number);
  return fmt::format("model.onnx takes {} as float64, since float32 would round {} too much",
                     one_input ? "its input 'features'" : list_names(columns),
                     model.schema.columns.empty() ? "its numbers"
                     : one_input                  ? list_names(columns)
                                                  : "these numbers");
}

}  // namespace

TrainingRun::TrainingRun(const TrainingRequest& request, Watcher& watcher, double held_out)
    : request_(request), link_(&watcher) {
  const Stopwatch reading;
  result_.held_out = held_out_share(request, held_out);
  parts_ = read_parts(request, result_.held_out);
  for (std::string& text : parts_.train.notices) note(std::move(text));
  result_.seconds_read = reading.seconds();
  since_read_ = Stopwatch();
  result_.rows = parts_.train.rows();
  result_.fingerprint = fingerprint(parts_.train);
  rows_ = {.fingerprint = result_.fingerprint,
           .row_set = fingerprint_of_row_set(parts_.train),
           .row_set_read = result_.held_out > 0 && parts_.validation
                               ? fingerprint_of_row_set(parts_.train, *parts_.validation)
                               : "",
           .held_out = result_.held_out,
           .held_out_seed = request.seed,
           .strip_label_dot = request.read.strip_label_dot,
           .sample_weight = request.read.sample_weight};
}

void TrainingRun::note(std::string text) {
  result_.notices.push_back(text);
  if (has_begun_) link_.on_event({.kind = Event::Kind::kNote, .text = std::move(text)});
}

Answer TrainingRun::on_event(const Event& event) {
  if (directory_ && event.kind != Event::Kind::kTick) {
    if (const nlohmann::json line = to_json(event); !line.is_null()) directory_->append_event(line);
  }
  return link_.on_event(event);
}

double TrainingRun::time_to_train(const std::vector<Layer>& layers) const {
  constexpr double kMargin = 2, kMost = 0.25;  // of the time limit; once more if the model is calibrated
  const double limit = request_.solve.time_limit;
  if (limit <= 0) return 0;
  const double once = kMargin * seconds_to_measure(layers, parts_, request_.solve.threads);
  return limit - std::min(request_.calibrate ? 2 * once : once, kMost * limit);
}

MeasuringTime TrainingRun::measuring_time() {
  return {request_.solve.time_limit, [this] { return since_read_.seconds(); }, link_};
}

std::optional<SolveOptions> TrainingRun::solve_in_time_left() {
  SolveOptions solve = request_.solve;
  if (solve.time_limit > 0) solve.time_limit -= since_read_.seconds();
  if (link_.stop_requested() || solve.time_limit < 0) return std::nullopt;
  return solve;
}

std::string TrainingRun::reason_to_end() {
  if (link_.stop_requested()) return "interrupted";
  const double limit = request_.solve.time_limit;
  return limit > 0 && since_read_.seconds() > limit ? "time_limit" : "";
}

void TrainingRun::begin() {
  for (const std::string& text : result_.notices) link_.on_event({.kind = Event::Kind::kNote, .text = text});
  link_.on_event({.kind = Event::Kind::kBegin});
  has_begun_ = true;
  if (!request_.directory) return;
  directory_.emplace(*request_.directory, name_of_data(request_));
  directory_->announce({{"event", "start"}, {"rows", result_.rows}, {"features", train().features.cols()}});
  result_.directory = directory_->path();
}

void TrainingRun::save(Network model) {
  result_.model = std::move(model);
  record(rows_, result_.model.metadata);
  if (directory_) directory_->save_model(result_.model);
  link_.on_event({.kind = Event::Kind::kModel});
}

void TrainingRun::write_summary(bool has_ended) {
  if (directory_) directory_->write_summary(run_json(request_, result_, has_ended));
}

void TrainingRun::write_first() {
  writing_ = Stopwatch();
  write_summary(false);
  const auto note_if_trained_on = [&](const Dataset& rows, const char* option) {
    const std::string text = note_on_rows_trained_on(result_.model.metadata, rows);
    if (!text.empty()) note(fmt::format("{}: {}", option, text));
  };
  if (request_.validation.given()) note_if_trained_on(*parts_.validation, "--validation");
  if (parts_.test) note_if_trained_on(*parts_.test, "--test");
  link_.on_event({.kind = Event::Kind::kMeasuring});
}

void TrainingRun::measure() {
  if (!request_.measure) return;
  MeasuringTime time = measuring_time();
  const MeasureOptions options{.threads = request_.solve.threads, .watcher = &time};
  const Stopwatch measuring;
  if (result_.model.reconstructs()) {
    measure_parts(result_.model, parts_, options, result_.reconstructed);
  } else {
    measure_parts(result_.model, parts_, options, result_.measured);
  }
  if (request_.calibrate) {
    result_.calibration = calibrate_parts(result_.model, parts_, result_.measured, options);
    if (result_.calibration) {
      if (directory_) directory_->save_model(result_.model);
      result_.measured = result_.calibration->after;
    }
  }
  result_.surest_errors = surest_errors(result_.measured, parts_);
  result_.seconds_measure = measuring.seconds();
  result_.not_measured = time.why() ? time.why() : "";
}

TrainingResult TrainingRun::finish(const std::string& hint) {
  result_.seconds_write = writing_.seconds();
  if (!result_.model.reconstructs())
    result_.notes = notes_on(parts_, result_.measured, result_.network ? "the network" : "the model", hint);
  if (std::string text = note_on_inputs(result_.model); !text.empty()) result_.notes.push_back(std::move(text));
  for (const std::string& text : result_.notes) note(text);
  write_summary(true);
  on_event({.kind = Event::Kind::kEnd, .result = &result_});
  return std::move(result_);
}

}  // namespace poise::inline run
