#include "run/progress.h"

#include <fmt/core.h>

#include "base/words.h"
#include "run/short_number.h"

namespace poise::inline run {
namespace {

constexpr int kShownInARow = 3;   // messages
constexpr double kQuietWork = 1;  // seconds

std::string rate_in_words(double rows_per_second) {
  return rows_per_second > 0 ? fmt::format("  {} rows/s", with_prefix(rows_per_second)) : "";
}

std::string line_of_epoch(const Event& event) {
  const Epoch& epoch = *event.epoch;
  const bool of_features = epoch.target == Target::kFeatures;
  std::string text = fmt::format("{:6.{}f} s  epoch {}/{}  loss {}", epoch.seconds, epoch.seconds < 1000 ? 1 : 0,
                                 epoch.number, event.epochs, short_number(epoch.train.loss, 4));
  if (epoch.validation) {
    text += fmt::format("  validation {}, {:.2f} %{}", short_number(epoch.validation->loss, 4),
                        100 * epoch.validation->accuracy, of_features ? " explained" : "");
  } else {
    text += fmt::format("  {} {:.2f} %", of_features ? "explained" : "accuracy", 100 * epoch.train.accuracy);
  }
  const double left = TimeLeft::after_epoch(event);
  return left > 0 ? text + fmt::format("  {} left", duration(left)) : text;
}

}  // namespace

Answer ProgressLine::on_event(const Event& event) {
  using Kind = Event::Kind;
  switch (event.kind) {
    case Kind::kBegin:
      if (event.result) rate_.begin(event.result->rows);
      break;
    case Kind::kNote:
      shown_.say("note: " + event.text);
      break;
    case Kind::kChoosing:
      shown_.show_on_terminal("choosing the penalty…");
      break;
    case Kind::kIteration:
      show_iteration(*event.iteration, event.l2, event.time_limit);
      break;
    case Kind::kEpoch:
      show_epoch(event);
      break;
    case Kind::kMessage:
      show_message(event.text);
      break;
    case Kind::kWork:
      show_work(event);
      break;
    case Kind::kMeasuring:
      show_hidden();
      shown_.show_on_terminal("measuring…");
      break;
    case Kind::kEnd:
      shown_.clear();
      break;
    default:
      break;
  }
  return Answer::kGoOn;
}

void ProgressLine::show_iteration(const Progress& progress, std::optional<double> l2, double time_limit) {
  const double left = time_left_.after(progress, time_limit), rate = rate_.after(progress);
  if (!shown_.is_due(clock_())) return;
  std::string text = fmt::format("{:6.1f} s  iteration {}  objective {:.7g}", progress.seconds, progress.iteration,
                                 progress.objective);
  if (l2) text.insert(0, fmt::format("λ = {:.2g}  ", *l2));
  if (progress.gap) text += fmt::format("  gap ≤ {:.1e}", *progress.gap);
  if (left >= 0) text += fmt::format("  about {} left", duration(left));
  if (progress.on_part_of_rows) text += "  (" + progress.phase + ")";
  shown_.show(clock_(), text, rate_in_words(rate));
}

void ProgressLine::show_epoch(const Event& event) {
  show_hidden();
  if (shown_.is_due(clock_())) shown_.show(clock_(), line_of_epoch(event), rate_in_words(rate_.after(*event.epoch)));
}

void ProgressLine::show_work(const Event& event) {
  const double now = clock_();
  if (!event.done) {
    if (shown_.is_due(now)) shown_.show(now, event.text);
    return;
  }
  if (event.text != work_ || *event.done < work_done_) work_began_ = now;
  work_ = event.text, work_done_ = *event.done;
  if (*event.done >= 1) return shown_.clear();
  const double spent = now - work_began_;
  if (spent < kQuietWork || *event.done <= 0 || !shown_.is_due(now)) return;
  shown_.show(now, fmt::format("{}: {:.0f} %, about {} left", event.text, 100 * *event.done,
                               duration(spent / *event.done * (1 - *event.done))));
}

void ProgressLine::show_message(const std::string& text) {
  if (++in_a_row_ <= kShownInARow) shown_.say(text);
}

void ProgressLine::show_hidden() {
  const int hidden = in_a_row_ - kShownInARow;
  if (hidden > 0) shown_.say(fmt::format("and {}: metrics.jsonl", counted(hidden, "more such message")));
  in_a_row_ = 0;
}

}  // namespace poise::inline run
