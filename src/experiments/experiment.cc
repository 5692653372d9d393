#include "experiments/experiment.h"

#include <fmt/core.h>

#include <algorithm>

#include "experiments/earlier.h"
#include "run/short_number.h"
#include "run/summary.h"

namespace poise::experiments {
namespace {

using nlohmann::json;

constexpr double kLeastTime = 1e-3;        // seconds; 0 would mean no limit
constexpr double kSoftmaxTimeLimit = 600;  // seconds; without penalty MNIST takes very many passes
constexpr double kThermodynamicsTimeLimit = 3600;

/// Turns what the trainer tells into events and a line for the user.
class TrainingWatch : public Watcher {
 public:
  TrainingWatch(const json& labels, int epochs, const Checkpoints& checkpoints, Events& events, const char* called)
      : labels_(labels), epochs_(epochs), checkpoints_(checkpoints), events_(events), called_(called) {}

  Answer on_event(const Event& event) override {
    if (event.kind == Event::Kind::kEpoch) on_epoch(event);
    if (event.kind == Event::Kind::kMessage) on_message(event.text);
    return events_.should_stop() ? Answer::kStop : Answer::kGoOn;
  }

  int setbacks() const { return setbacks_; }

 private:
  void on_epoch(const Event& told) {
    const Epoch& epoch = *told.epoch;
    json event = to_json(epoch);
    const json held_out_figures = event["validation"];
    event.erase("validation");
    event[called_] = held_out_figures;  // mostly test rows: nothing is chosen by them
    event.update(labels_);
    events_.append(event);
    const bool held_out = epoch.validation.has_value();
    events_.show(
        fmt::format("{}: epoch {} of {}, {} accuracy {:.2f} %", in_words(labels_), epoch.number, epochs_,
                    held_out ? called_ : "train", 100 * (held_out ? epoch.validation->accuracy : epoch.train.accuracy)),
        static_cast<double>(epoch.number) / epochs_);
    if (std::ranges::binary_search(checkpoints_.epochs, epoch.number)) checkpoints_.visit(epoch.number, told.network());
  }

  void on_message(const std::string& text) {
    ++setbacks_;
    json event = {{"event", "message"}, {"text", text}};
    event.update(labels_);
    events_.append(event);
  }

  json labels_;
  int epochs_, setbacks_ = 0;
  const Checkpoints& checkpoints_;
  Events& events_;
  const char* called_;
};

}  // namespace

const std::vector<Experiment>& all_experiments() {
  static const Experiment double_bayesian{
      .name = "double-bayesian",
      .paper = "Jaeger: learning rate and momentum from the golden ratio",
      .data = {"mnist"},
      .epochs = 30,
      .seeds = 5,
      .time_limit = 0,
      .run = run_double_bayesian,
  };
  static const Experiment f_adjoint{
      .name = "f-adjoint",
      .paper = "Boughammoura: equilibrium F-adjoint, a local learning rule",
      .data = {"mnist", "fashion-mnist"},
      .epochs = 10,
      .seeds = 5,
      .time_limit = 0,
      .run = run_f_adjoint,
  };
  static const Experiment softmax{
      .name = "softmax",
      .paper = "Rychlik: multi-class logistic regression",
      .data = {"digits", "mnist", "fashion-mnist"},
      .epochs = 0,
      .seeds = 0,
      .time_limit = kSoftmaxTimeLimit,
      .run = run_softmax,
  };
  static const Experiment thermodynamics{
      .name = "thermodynamics",
      .paper = "Vanchurin: toward a theory of machine learning, laws of thermodynamics of learning",
      .data = {"digits", "mnist"},
      .epochs = 20,
      .seeds = 5,
      .time_limit = kThermodynamicsTimeLimit,
      .run = run_thermodynamics,
  };
  static const std::vector<Experiment> all{double_bayesian, f_adjoint, softmax, thermodynamics};
  return all;
}

Events::Events(RunDirectory& run, std::FILE* stream, const std::atomic<bool>& interrupted, double time_limit,
               std::vector<json> trained)
    : run_(run), shown_(stream), interrupted_(interrupted), time_limit_(time_limit), trained_(std::move(trained)) {}

void Events::append_trained(const json& figures) {
  append({{"event", "trained"}, {"result", figures}, {"check", check_of(figures)}});
}

std::optional<json> Events::take_earlier(const json& labels) {
  const auto has_all = [&](const json& figures) {
    return std::ranges::all_of(labels.items(), [&](const auto& label) {
      return figures.is_object() && figures.value(label.key(), json()) == label.value();
    });
  };
  const auto found = std::ranges::find_if(trained_, has_all);
  if (found == trained_.end()) return std::nullopt;
  expected_ -= 1;  // the time left is that of the others
  return *found;
}

double Events::seconds_left(double share) const {
  const double done = ended_ + share, until_limit = time_limit_ - seconds();
  if (done <= 0 || expected_ <= 0) return time_limit_ > 0 ? until_limit : -1;
  const double left = seconds() / done * (expected_ - done);
  return time_limit_ > 0 ? std::min(left, until_limit) : left;
}

void Events::show(const std::string& line, double share) {
  const double now = seconds(), left = seconds_left(share);
  if (!shown_.is_due(now)) return;
  std::string text = fmt::format("{:6.0f} s  ", now);
  if (expected_ > 0) text += fmt::format("training {:.0f} of {:.0f}  ", ended_ + 1, expected_);
  if (left >= 0) text += fmt::format("{} {} left  ", expected_ > 0 ? "about" : "at most", duration(left));
  shown_.show(now, text + line);
}

bool Events::should_stop() {
  if (time_limit_ > 0 && seconds() >= time_limit_) cut_short_ = true;
  return cut_short_ || interrupted();
}

double Events::time_for_one_of(int jobs) const {
  return time_limit_ > 0 ? std::max(kLeastTime, (time_limit_ - seconds()) / jobs) : 0;
}

const char* Events::status() const {
  if (interrupted()) return "interrupted";
  return cut_short_ ? "time_limit" : "finished";
}

std::string halved_steps(int setbacks) {
  return setbacks == 0 ? "" : fmt::format("; steps halved because a loss blew up: {}", setbacks);
}

void settle(Finding& finding, Verdict verdict, int setbacks) {
  finding.verdict = setbacks == 0 ? verdict : Verdict::kUndecidable;
  finding.figure += halved_steps(setbacks);
}

json to_json(const Finding& finding) {
  return {{"data", finding.data},
          {"claim", finding.claim},
          {"figure", finding.figure},
          {"verdict", to_string(finding.verdict)}};
}

std::string table_of(const std::vector<Finding>& findings) {
  std::string text = "| data | claim | measured | verdict |\n|---|---|---|---|\n";
  for (const Finding& f : findings) {
    text += fmt::format("| {} | {} | {} | **{}** |\n", f.data, f.claim, f.figure, to_string(f.verdict));
  }
  return text;
}

std::string in_words(const json& labels) {
  std::string text;
  for (const auto& [key, value] : labels.items()) {
    const std::string word = value.is_string() ? value.get<std::string>() : key + " " + value.dump();
    text += (text.empty() ? "" : ", ") + word;
  }
  return text;
}

Trained train_observed(const Dataset& train, const NetworkOptions& options, const Dataset* test, const json& labels,
                       Events& events, const Checkpoints& checkpoints, const char* called) {
  TrainingWatch watch(labels, options.epochs, checkpoints, events, called);
  Trained trained;
  trained.fit = train_network(train, options, test, &watch);
  trained.complete = trained.fit.report.status == TrainingStatus::kFinished;
  trained.setbacks = watch.setbacks();
  events.training_ended();
  return trained;
}

}  // namespace poise::experiments
