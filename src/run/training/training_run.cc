#include "run/training/training_run.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "base/check_codes.h"
#include "data/bytes/hash.h"
#include "data/classes.h"
#include "data/data_figures.h"
#include "data/row_set.h"
#include "data/schema_json.h"
#include "network/float64_inputs.h"
#include "network/model_file.h"
#include "poise/error.h"
#include "poise/version.h"
#include "run/json_text.h"
#include "run/measured_parts.h"
#include "run/measured_words.h"
#include "run/surest_errors.h"
#include "run/training/command.h"
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

DataFigures figures_of(const Parts& parts, double held_out, int threads) {
  const Dataset* validation = parts.validation ? &*parts.validation : nullptr;
  const Index apart = held_out > 0 && validation ? validation->rows() : 0;  // read from the same file
  return data_figures(parts.train, validation, parts.test ? &*parts.test : nullptr, parts.train.rows() + apart,
                      threads);
}

}  // namespace

TrainingRun::TrainingRun(const TrainingRequest& request, Watcher& watcher, double held_out)
    : request_(request), link_(&watcher) {
  const Stopwatch reading;
  result_.held_out = held_out_share(request, held_out);
  parts_ = read_parts(request, result_.held_out, &link_);
  for (std::string& text : parts_.train.notices) note(std::move(text));
  result_.seconds_read = reading.seconds();
  since_read_ = Stopwatch();
  result_.rows = parts_.train.rows();
  const bool here = !parts_.train.features.is_elsewhere();
  if (here) result_.fingerprint = fingerprint(parts_.train);
  rows_ = {.fingerprint = result_.fingerprint,
           .row_set = here ? fingerprint_of_row_set(parts_.train) : "",
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
  if (directory_ && event.kind != Event::Kind::kTick && event.kind != Event::Kind::kWork) {
    const nlohmann::json line = to_json(event);
    if (!line.is_null()) directory_->append_event(line);
    if (!line.is_null() && tensorboard_) tensorboard_->tell(event, line, directory_->events_position().file);
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

RunIdentity TrainingRun::identity() const {
  const auto fingerprint_of = [](const std::optional<Dataset>& rows) { return rows ? fingerprint(*rows) : ""; };
  RunIdentity identity{.version = kVersion,
                       .options = deciding_options(asked_json(request_, result_)),
                       .schema = to_text(nlohmann::json::parse(to_text(schema_to_json(parts_.train.schema)))),
                       .rows = result_.fingerprint,
                       .validation = fingerprint_of(parts_.validation),
                       .test = fingerprint_of(parts_.test),
                       .start = ""};
  if (request_.start_model || !request_.start.empty()) {
    const std::string model =
        serialize_network(request_.start_model ? *request_.start_model : load_model(request_.start));
    identity.start = fmt::format("{:016x}", hash_block(model.data(), model.size()));
  }
  return identity;
}

std::optional<TrainingResult> TrainingRun::ended_before() {
  if (!request_.directory || (request_.checkpoint_every <= 0 && !request_.resume)) return std::nullopt;
  identity_ = identity();
  if (request_.resume) before_ = run_before(*request_.directory, identity_);
  if (!before_.ended) return std::nullopt;
  const nlohmann::json& found = before_.ended->at("result");
  TrainingResult result;
  result.status = found.value("status", ""), result.why = found.value("why", "");
  result.model = load_model(*request_.directory);
  result.directory = *request_.directory;
  result.ended_before = true;
  return result;
}

void TrainingRun::begin() {
  if (request_.resume && !before_.stopped)
    note(fmt::format("there is nothing to resume in {}: training begins", *request_.directory));
  for (const std::string& text : result_.notices) link_.on_event({.kind = Event::Kind::kNote, .text = text});
  link_.on_event({.kind = Event::Kind::kBegin, .result = &result_});
  has_begun_ = true;
  if (!request_.directory && request_.tensorboard)
    throw Error(ErrorKind::kUsage, "events for TensorBoard without a run directory", "a directory to write the run to");
  if (!request_.directory) return;
  const Checkpoint* from = resumed();
  directory_.emplace(*request_.directory, name_of_data(request_), from ? std::optional(from->events) : std::nullopt);
  if (directory_->has_lost_events())
    note("metrics.jsonl is not as the run before left it: its events begin with those from here on");
  checkpoints_.emplace(request_.checkpoint_every, *directory_);
  const char* event = from ? "resume" : "start";
  directory_->announce({{"event", event}, {"rows", result_.rows}, {"features", train().features.cols()}});
  result_.directory = directory_->path();
  if (request_.tensorboard) tensorboard_.emplace(directory_->path(), train(), request_.solve.threads, from != nullptr);
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

void TrainingRun::keep(Checkpoint checkpoint) {
  checkpoint.identity = identity_;
  checkpoint.events = directory_->events_position();
  write_checkpoint([&] { checkpoints_->keep(std::move(checkpoint)); });
}

void TrainingRun::write_checkpoint(const std::function<void()>& write) {
  try {
    write();
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kIo) throw;
    if (std::exchange(told_of_no_checkpoint_, true)) return;
    link_.on_event({.kind = Event::Kind::kMessage, .text = fmt::format("no checkpoint: {}", error.what())});
  }
}

bool TrainingRun::was_stopped() const {
  const bool telemetry_was = result_.telemetry && !result_.telemetry->stopped.empty();
  return result_.status == "interrupted" || result_.status == "time_limit" || !result_.not_measured.empty() ||
         telemetry_was;
}

void TrainingRun::keep_the_end() {
  if (checkpoints_ && (was_stopped() || checkpoints_->has_written() || resumed()))
    write_checkpoint([&] { checkpoints_->write(); });
}

void TrainingRun::write_first() {
  writing_ = Stopwatch();
  keep_the_end();
  write_summary(false);
  const auto note_if_trained_on = [&](const Dataset& rows, const char* option) {
    const std::string text = note_on_rows_trained_on(result_.model.metadata, rows);
    if (!text.empty()) note(coded(fmt::format("{}: {}", option, text), codes::kSeenBefore));
  };
  if (request_.validation.given()) note_if_trained_on(*parts_.validation, "--validation");
  if (parts_.test) note_if_trained_on(*parts_.test, "--test");
  link_.on_event({.kind = Event::Kind::kMeasuring, .result = &result_});
}

void TrainingRun::measure() {
  if (!request_.measure) return;
  MeasuringTime time = measuring_time();
  const MeasureOptions options{.threads = request_.solve.threads, .memory = request_.solve.memory, .watcher = &time};
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
  if (reason_to_end().empty() && !train().features.is_elsewhere())
    result_.data_figures = figures_of(parts_, result_.held_out, request_.solve.threads);
  result_.seconds_measure = measuring.seconds();
  result_.not_measured = time.why() ? time.why() : "";
}

TrainingResult TrainingRun::finish(const std::string& hint) {
  result_.seconds_write = writing_.seconds();
  if (!result_.model.reconstructs())
    result_.notes = notes_on(parts_, result_.measured, result_.network ? "the network" : "the model", hint);
  if (std::string text = note_on_inputs(result_.model); !text.empty()) result_.notes.push_back(std::move(text));
  for (const std::string& text : result_.notes) note(text);
  keep_the_end();
  Event end;
  end.kind = Event::Kind::kEnd, end.result = &result_;
  if (directory_) directory_->append_event(to_json(end));  // before run.json says that there is nothing left to do
  write_summary(true);
  if (tensorboard_) tensorboard_->end(result_json(result_), result_.model, command_of(request_));
  if (directory_ && !was_stopped()) directory_->remove_checkpoint();
  link_.on_event(end);
  return std::move(result_);
}

}  // namespace poise::inline run
