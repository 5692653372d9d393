#include "report/live/live_run.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

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

void LiveRun::add(const Progress& progress, const std::optional<double>& l2, double time_limit) {
  RunRecord& run = now_.run;
  now_.stage = Stage::kTraining;
  now_.seconds_left = time_left_.after(progress, time_limit);
  since_told_ = Stopwatch();
  now_.warm_start = progress.on_part_of_rows ? progress.phase : "";
  if (progress.on_part_of_rows) return;
  const bool is_new = progress.iteration <= 1 || (l2 && *l2 != run.l2);
  if (is_new) run.iterations_of_solve.clear(), run.certificate.reset();
  if (l2) {
    if (is_new || now_.solves.empty()) now_.solves.push_back({*l2, {}});
    now_.solves.back().last = progress;
    run.l2 = *l2;
  }
  run.iterations_of_solve.push_back(progress);
  run.iterations = progress.iteration, run.passes = progress.passes, run.objective = progress.objective;
  prove(progress, run.certificate);
  now_.has_earlier = !now_.earlier_in.empty();
}

void LiveRun::add(const Epoch& epoch, int epochs, double seconds_left) {
  now_.stage = Stage::kTraining;
  now_.epochs = epochs;
  now_.seconds_left = seconds_left;
  since_told_ = Stopwatch();
  now_.run.history.push_back(epoch);
  now_.has_earlier = !now_.earlier_in.empty();
}

LiveRun::Change LiveRun::change_by(const Event& event) {
  using Kind = Event::Kind;
  switch (event.kind) {
    case Kind::kBegin:
      if (!event.result) return {};
      return [this, &result = *event.result] { begin(result); };
    case Kind::kNote:
      return [this, text = event.text] { now_.run.notices.push_back(text); };
    case Kind::kChoosing:
      return [this] { now_.stage = Stage::kChoosing; };
    case Kind::kIteration:
      return [this, progress = *event.iteration, l2 = event.l2, limit = event.time_limit] { add(progress, l2, limit); };
    case Kind::kEpoch:
      return [this, epoch = *event.epoch, epochs = event.epochs, left = TimeLeft::after_epoch(event)] {
        add(epoch, epochs, left);
      };
    case Kind::kMessage:
      return [this, text = event.text] {
        if (now_.run.messages.size() < kMostMessages) now_.run.messages.push_back(text);
      };
    case Kind::kThermodynamics:
      return [this, measurement = *event.measurement] { now_.run.telemetry.push_back(measurement); };
    case Kind::kMeasuring:
      return [this, directory = event.result ? event.result->directory : ""] {
        now_.stage = Stage::kMeasuring;
        now_.run.directory = directory;
      };
    default:
      return {};
  }
}

void LiveRun::on_event(const Event& event) {
  Change change = change_by(event);
  if (!change) return;
  waiting_.push_back(std::move(change));
  const bool may_wait = event.kind != Event::Kind::kIteration && event.kind != Event::Kind::kEpoch;
  std::unique_lock lock(mutex_, std::defer_lock);
  if (may_wait) lock.lock();
  if (!may_wait && !lock.try_lock()) return;
  for (const Change& each : waiting_) each();
  waiting_.clear();
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
