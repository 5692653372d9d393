// poise train: data → model → run directory.
#include <fmt/core.h>

#include <exception>

#include "cli/arguments.h"
#include "cli/live.h"
#include "cli/print_training.h"
#include "cli/run_summary.h"
#include "cli/say.h"
#include "cli/signals.h"
#include "poise/run.h"
#include "run/json_text.h"
#include "run/progress.h"
#include "run/training/command.h"
#include "run/training/run_json.h"

namespace poise::cli {
namespace {

/// Whether this may be the last of a training, which then has come to its end.
bool may_be_last(const Event& event, double tolerance) {
  if (event.epoch) return event.epoch->number == event.epochs;
  return event.iteration && event.iteration->gap && *event.iteration->gap <= tolerance;
}

/// Shows what happens, and turns signals into the wish to stop.
class WatcherAtTerminal : public ProgressLine {
 public:
  WatcherAtTerminal(const Arguments& a, LiveTraining& live)
      : ProgressLine(a.quiet ? nullptr : stderr, a.solve.tolerance),
        live_(live),
        tolerance_(a.solve.tolerance),
        quiet_(a.quiet),
        json_(a.json) {}

  Answer on_event(const Event& event) override {
    using Kind = Event::Kind;
    if (event.kind == Kind::kBegin) {
      things_stand("no model was written");
      watch_for_interrupts(quiet_, json_);
    }
    if (may_be_last(event, tolerance_)) must_write();
    if (event.kind == Kind::kModel) things_stand("a model is written; training or measuring has not ended");
    if (event.kind == Kind::kMeasuring)
      things_stand("the model is written; what it is worth was not measured to the end");
    if (event.kind == Kind::kEnd) things_stand("the model and run.json are written");
    quit_if_asked();
    ProgressLine::on_event(event);
    live_.on_event(event);
    return interrupted ? Answer::kStop : Answer::kGoOn;
  }

 private:
  LiveTraining& live_;
  double tolerance_;
  bool quiet_, json_;
};

TrainingRequest request_of(const Arguments& a) {
  TrainingRequest request = a.training;
  request.data.path = a.data;
  request.read = a.read;
  request.objective = a.objective;
  request.solve = a.solve;
  request.directory = a.out;
  return request;
}

/// The optimum depends on no random numbers.
void note_idle_seed(const Arguments& a) {
  const TrainingRequest& asked = a.training;
  const bool draws = asked.is_network() || asked.choose_l2 || asked.calibrate || asked.validation.given() ||
                     asked.validation_share.value_or(0) > 0;
  if (a.given.contains("--seed") && !draws && !a.quiet)
    say("note: --seed has no effect: the optimum depends on no random numbers, and no rows are held out\n");
}

int exit_code(const Arguments& a, const TrainingResult& result) {
  if (result.interrupted()) return 130;
  if (result.status == "diverged") return 5;
  return a.require_certificate && result.status != "certified" ? 1 : 0;
}

/// What --resume finds done.
int tell_of_ended_run(const Arguments& a, const TrainingResult& result) {
  if (a.json) {
    fmt::print("{}\n", to_text(read_run(result.directory).value("result", nlohmann::json()), 2));
  } else if (!a.quiet) {
    fmt::print("{} has ended: {}, {}; there is nothing to resume\n", result.directory, result.status, result.why);
  }
  return exit_code(a, result);
}

TrainingResult train_and_report(const Arguments& a, const TrainingRequest& request) {
  LiveTraining live(a, request);
  WatcherAtTerminal watcher(a, live);
  try {
    TrainingResult result = poise::train(request, watcher);
    if (!a.no_report && !result.ended_before) write_report_of(result.directory, a.quiet);
    live.end(result.directory);
    return result;
  } catch (const std::exception& error) {
    live.fail(error.what());
    throw;
  }
}

}  // namespace

int train(const Arguments& a) {
  end_at_interrupts(a.quiet, a.json);
  const TrainingRequest request = request_of(a);
  if (a.print_config) return fmt::print("{}", config_of(request)), 0;
  note_idle_seed(a);
  const TrainingResult result = train_and_report(a, request);
  if (result.ended_before) return tell_of_ended_run(a, result);
  if (a.json) {
    fmt::print("{}\n", to_text(result_json(result), 2));
  } else {
    print_training(result);
  }
  if (result.interrupted() && !a.quiet) say("interrupted: the model so far is in {}/model.onnx\n", result.directory);
  return exit_code(a, result);
}

}  // namespace poise::cli
