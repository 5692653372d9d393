#include "run/training_progress.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/words.h"
#include "run/short_number.h"

namespace poise {
namespace {

using nlohmann::json;

json to_json(const Measured& measured) {
  return {{"loss", measured.loss}, {"accuracy", measured.accuracy}, {"equilibrium_gap", measured.equilibrium_gap}};
}

constexpr int kShownInARow = 3;  // messages

/// Epochs take about the same time each.
double seconds_left(const Epoch& epoch, int epochs, double time_limit) {
  const double all = epoch.seconds / epoch.number * epochs;
  return (time_limit > 0 ? std::min(all, time_limit) : all) - epoch.seconds;
}

std::string line(const Epoch& epoch, int epochs, double time_limit) {
  std::string text = fmt::format("{:6.{}f} s  epoch {}/{}  loss {}", epoch.seconds, epoch.seconds < 1000 ? 1 : 0,
                                 epoch.number, epochs, short_number(epoch.train.loss, 4));
  if (epoch.validation) {
    text += fmt::format("  validation {}, {:.2f} %", short_number(epoch.validation->loss, 4),
                        100 * epoch.validation->accuracy);
  } else {
    text += fmt::format("  accuracy {:.2f} %", 100 * epoch.train.accuracy);
  }
  const double left = seconds_left(epoch, epochs, time_limit);
  return left > 0 ? text + fmt::format("  {} left", duration(left)) : text;
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

TrainingProgress::TrainingProgress(RunDirectory& run, std::FILE* stream, const std::atomic<bool>& stop,
                                   const NetworkOptions& options)
    : run_(run), shown_(stream), stop_(stop), epochs_(options.epochs), time_limit_(options.time_limit) {}

void TrainingProgress::on_epoch(const Epoch& epoch) {
  run_.append_event(to_json(epoch));
  show_hidden();
  if (shown_.is_due(epoch.seconds)) shown_.show(epoch.seconds, line(epoch, epochs_, time_limit_));
}

void TrainingProgress::on_message(const std::string& text) {
  run_.append_event({{"event", "message"}, {"text", text}});
  if (++in_a_row_ <= kShownInARow) shown_.say(text);
}

void TrainingProgress::show_hidden() {
  const int hidden = in_a_row_ - kShownInARow;
  if (hidden > 0) shown_.say(fmt::format("and {}: metrics.jsonl", counted(hidden, "more such message")));
  in_a_row_ = 0;
}

}  // namespace poise
