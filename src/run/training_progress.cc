#include "run/training_progress.h"

#include <fmt/core.h>

#include "run/short_number.h"

namespace poise {
namespace {

using nlohmann::json;

json to_json(const Measured& measured) {
  return {{"loss", measured.loss}, {"accuracy", measured.accuracy}, {"equilibrium_gap", measured.equilibrium_gap}};
}

constexpr int kShownInARow = 3;  // messages

std::string line(const Epoch& epoch) {
  std::string text = fmt::format("{:6.1f} s  epoch {:<4} loss {}  accuracy {:.2f} %", epoch.seconds, epoch.number,
                                 short_number(epoch.train.loss, 5), 100 * epoch.train.accuracy);
  if (epoch.validation) {
    text += fmt::format("   validation loss {}  accuracy {:.2f} %", short_number(epoch.validation->loss, 5),
                        100 * epoch.validation->accuracy);
  }
  return text;
}

}  // namespace

json to_json(const Epoch& epoch) {
  json event = {{"event", "epoch"},
                {"epoch", epoch.number},
                {"seconds", epoch.seconds},
                {"train", to_json(epoch.train)},
                {"learning_rate", epoch.learning_rate},
                {"validation", nullptr}};
  if (epoch.validation) {
    event["validation"] = to_json(static_cast<const Measured&>(*epoch.validation));
    event["validation"]["smoothed_accuracy"] = epoch.validation->smoothed_accuracy;
  }
  if (epoch.imbalance_at_rest != 0) event["imbalance_at_rest"] = epoch.imbalance_at_rest;
  if (epoch.curvature > 0) event["curvature"] = epoch.curvature;
  if (epoch.bulk_energy > 0) event["bulk_energy"] = epoch.bulk_energy;
  return event;
}

json to_json(const TrainingReport& report) {
  return {{"status", to_string(report.status)},
          {"why", report.why},
          {"epochs", report.epochs},
          {"iterations", report.epochs},
          {"best_epoch", report.best_epoch},
          {"batch", report.batch},
          {"seconds", report.seconds},
          {"train_seconds", report.train_seconds}};
}

TrainingProgress::TrainingProgress(RunDirectory& run, std::FILE* stream, const std::atomic<bool>& stop)
    : run_(run), shown_(stream), stop_(stop) {}

void TrainingProgress::on_epoch(const Epoch& epoch) {
  run_.append_event(to_json(epoch));
  show_hidden();
  if (shown_.is_due(epoch.seconds)) shown_.show(epoch.seconds, line(epoch));
}

void TrainingProgress::on_message(const std::string& text) {
  run_.append_event({{"event", "message"}, {"text", text}});
  if (++in_a_row_ <= kShownInARow) shown_.say(text);
}

void TrainingProgress::show_hidden() {
  const int hidden = in_a_row_ - kShownInARow;
  if (hidden > 0) shown_.say(fmt::format("and {} more such message{}: metrics.jsonl", hidden, hidden == 1 ? "" : "s"));
  in_a_row_ = 0;
}

}  // namespace poise
