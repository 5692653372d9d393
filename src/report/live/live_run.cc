#include "report/live/live_run.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/words.h"
#include "poise/version.h"
#include "report/record/named_values.h"
#include "run/training/command.h"
#include "run/training/environment.h"
#include "run/training/run_json.h"

namespace poise::report {
namespace {

constexpr std::size_t kMostMessages = 20;  // as of RunRecord

/// What is known of a network before there is one.
std::string words_of_layers(const NetworkOptions& options) {
  if (!options.layers.empty()) return "of " + options.layers;
  std::string list;
  for (const Index width : options.hidden) list += fmt::format("{}{}", list.empty() ? "" : ", ", width);
  return list.empty() ? "" : fmt::format("with {} hidden units", list);
}

/// The largest lower bound on the optimum that an iteration has proven: the objective there less its gap.
void prove(const Progress& progress, std::optional<Certificate>& best) {
  if (!progress.gap) return;
  const double bound = progress.objective - *progress.gap;
  const double dual = best ? std::max(best->dual_value, bound) : bound;
  best = Certificate{progress.objective, dual, progress.objective - dual, 0, false, false};
}

}  // namespace

LiveRun::LiveRun(const TrainingRequest& request) : request_(request), time_left_(request.solve.tolerance) {
  RunRecord& run = now_.run;
  run.version = kVersion;
  run.asked = {{"data", request.data.path}};
  run.is_network = request.is_network();
  run.reconstructs = request.network.target == Target::kFeatures;
  run.architecture = words_of_layers(request.network);
  now_.tolerance = request.solve.tolerance;
  now_.penalties = request.l2_path.size();
  if (request.resume) now_.earlier_in = request.directory.value_or("");
}

void LiveRun::begin(const TrainingResult& result) {
  RunRecord& run = now_.run;
  run.asked = named_values(asked_json(request_, result));
  run.command = command_of(request_);
  run.environment = named_values(environment_json(request_.solve.threads));
  run.fingerprint = result.fingerprint, run.rows = result.rows, run.seconds_read = result.seconds_read;
  run.notices = result.notices;
  if (result.network) {
    run.architecture = words_of_layers(result.network->options);
    run.epochs = now_.epochs = result.network->options.epochs;
  }
  now_.stage = Stage::kTraining;
  since_begin_ = Stopwatch();
}

void LiveRun::add(const Progress& progress, const Event& event) {
  RunRecord& run = now_.run;
  now_.stage = Stage::kTraining;
  now_.seconds_left = time_left_.after(progress, event.time_limit);
  since_told_ = Stopwatch();
  now_.warm_start = progress.on_part_of_rows ? progress.phase : "";
  if (progress.on_part_of_rows) return;
  const bool is_new = progress.iteration <= 1 || (event.l2 && *event.l2 != run.l2);
  if (is_new) run.iterations_of_solve.clear(), run.certificate.reset();
  if (event.l2) {
    if (is_new || now_.solves.empty()) now_.solves.push_back({*event.l2, {}});
    now_.solves.back().last = progress;
    run.l2 = *event.l2;
  }
  run.iterations_of_solve.push_back(progress);
  run.iterations = progress.iteration, run.passes = progress.passes, run.objective = progress.objective;
  prove(progress, run.certificate);
  now_.has_earlier = !now_.earlier_in.empty();
}

void LiveRun::add(const Epoch& epoch, const Event& event) {
  now_.stage = Stage::kTraining;
  now_.epochs = event.epochs;
  now_.seconds_left = TimeLeft::after_epoch(event);
  since_told_ = Stopwatch();
  now_.run.history.push_back(epoch);
  now_.has_earlier = !now_.earlier_in.empty();
}

void LiveRun::on_event(const Event& event) {
  using Kind = Event::Kind;
  if (event.kind == Kind::kTick) return;
  const std::lock_guard lock(mutex_);
  RunRecord& run = now_.run;
  if (event.kind == Kind::kBegin && event.result) begin(*event.result);
  if (event.kind == Kind::kNote) run.notices.push_back(event.text);
  if (event.kind == Kind::kChoosing) now_.stage = Stage::kChoosing;
  if (event.kind == Kind::kIteration) add(*event.iteration, event);
  if (event.kind == Kind::kEpoch) add(*event.epoch, event);
  if (event.kind == Kind::kMessage && run.messages.size() < kMostMessages) run.messages.push_back(event.text);
  if (event.kind == Kind::kThermodynamics) run.telemetry.push_back(*event.measurement);
  if (event.kind == Kind::kMeasuring) {
    now_.stage = Stage::kMeasuring;
    if (event.result) run.directory = event.result->directory;
  }
}

void LiveRun::fail(const std::string& why) {
  const std::lock_guard lock(mutex_);
  now_.stage = Stage::kFailed;
  now_.failure = why;
}

LiveState LiveRun::state() const {
  const std::lock_guard lock(mutex_);
  LiveState state = now_;
  state.seconds = since_begin_.seconds();
  if (state.seconds_left >= 0) state.seconds_left = std::max(0.0, state.seconds_left - since_told_.seconds());
  return state;
}

}  // namespace poise::report
