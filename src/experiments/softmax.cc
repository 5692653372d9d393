// Claims about multi-class logistic regression (Rychlik): when a minimum exists, and that convexity methods find it.
//
// For each set: λ = 0 with labels as they are, λ = 0 with smoothed labels (every class has positive probability, which
// is enough for a minimum to exist), what gradient descent does there, and a race of the solvers by passes over the
// data at λ = 1e-4.
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <limits>
#include <optional>

#include "experiments/descent.h"
#include "poise/softmax_regression.h"
#include "run/summary.h"

namespace poise::experiments {
namespace {

using nlohmann::json;

constexpr double kSmoothing = 0.001, kRaceL2 = 1e-4;
constexpr std::array kRacers = {Solver::kNewton, Solver::kLbfgs, Solver::kGolden, Solver::kDescent,
                                Solver::kBarzilaiBorwein};
constexpr std::array kRelativeGaps = {1e-2, 1e-4, 1e-6};
constexpr int kSolvesPerSet = 3 + static_cast<int>(kRacers.size());

struct Point {
  double passes, objective;
};

/// Keeps the trace of a solve and turns it into events.
class Trace : public Watcher {
 public:
  Trace(const json& labels, Events& events) : labels_(labels), events_(events) {}

  Answer on_event(const Event& event) override {
    if (event.kind == Event::Kind::kIteration) on_iteration(*event.iteration);
    return events_.interrupted() ? Answer::kStop : Answer::kGoOn;
  }

  const std::vector<Point>& points() const { return points_; }

 private:
  void on_iteration(const Progress& progress) {
    if (progress.on_part_of_rows) return;
    points_.push_back({progress.passes, progress.objective});
    json event = labels_;
    event.update({{"event", "iteration"},
                  {"iteration", progress.iteration},
                  {"passes", progress.passes},
                  {"objective", progress.objective},
                  {"gap", progress.gap ? json(*progress.gap) : json()}});
    events_.append(event);
    events_.show(
        fmt::format("{}: {} passes, objective {:.9g}", in_words(labels_), progress.passes, progress.objective));
  }

  json labels_;
  Events& events_;
  std::vector<Point> points_;
};

struct Solved {
  SolveReport report;
  std::vector<Point> points;
  Network model;
};

ObjectiveOptions without_penalty(double smoothing) {
  ObjectiveOptions objective;
  objective.l2 = 0;
  objective.label_smoothing = smoothing;
  return objective;
}

/// Runs the solves of the experiment one after the other and shares the time among those to come.
class Solves {
 public:
  Solves(const ExperimentOptions& options, Events& events, json& runs)
      : threads_(options.threads),
        left_(kSolvesPerSet * static_cast<int>(options.data.size())),
        events_(events),
        runs_(runs) {}

  Solved run(const ExperimentData& data, const char* question, const ObjectiveOptions& objective, Solver solver) {
    SolveOptions solve;
    solve.solver = solver;
    solve.threads = threads_;
    solve.time_limit = events_.time_for_one_of(left_--);
    const json labels = {{"data", data.name}, {"question", question}, {"solver", to_string(solver)}};
    Trace trace(labels, events_);
    SoftmaxFit fit = fit_softmax(data.train, objective, solve, &trace);
    Solved solved{std::move(fit.report), trace.points(), std::move(fit.model)};
    if (solved.report.status == Status::kTimeLimit) events_.ran_out_of_time();
    json run = to_json(solved.report);
    run.update(labels);
    if (solved.report.separation) run["separation"] = to_json(*solved.report.separation, data.train.schema);
    runs_.push_back(run);
    return solved;
  }

  /// Gradient descent without a penalty, held against its theorem; `optimum` is proven.
  Finding descend(const ExperimentData& data, double smoothing, const Network& optimum) {
    const DescentTrace trace = descend_without_penalty(data.train, without_penalty(smoothing), optimum, threads_,
                                                       events_.time_for_one_of(left_--), events_);
    runs_.push_back(to_json(trace));
    runs_.back().update({{"data", data.name}, {"question", "descent"}, {"label_smoothing", smoothing}});
    return finding_on(trace, data.name, smoothing);
  }
  void leave_one_out() { --left_; }

 private:
  int threads_, left_;
  Events& events_;
  json& runs_;
};

/// "certified, gap 2.9e-10 nats, 545 passes"
std::string summary_of(const SolveReport& report) {
  const std::string gap = report.gap ? fmt::format("gap {:.1e} nats", *report.gap) : "no bound on the gap";
  return fmt::format("{}, {}, {:.0f} passes", to_string(report.status), gap, report.passes);
}

bool is_proven(const SolveReport& report) {
  return report.status == Status::kCertified && report.certificate.proves_existence;
}

Finding one_hot(const ExperimentData& data, const SolveReport& report) {
  Finding finding{data.name, "premise of doing without a penalty: a minimum exists for labels as they are",
                  summary_of(report)};
  if (report.separation) {
    const SeparatingDirection& proof = *report.separation;
    finding.figure = fmt::format("none exists: a direction helps {} rows and harms none", proof.rows_helped);
    if (!proof.proving_features.empty()) {
      finding.figure += fmt::format("; {} features are such a proof each, {} for one", proof.proving_features.size(),
                                    data.train.schema.feature_name(proof.proving_features.front()));
    }
    finding.verdict = Verdict::kPremiseNotMet;
  } else if (is_proven(report)) {
    finding.verdict = Verdict::kPremiseMet;
  }
  return finding;
}

Finding smoothed(const ExperimentData& data, const SolveReport& report) {
  return {data.name,
          fmt::format("if every class has positive probability (smoothing {}), a minimum exists and is "
                      "found without penalty",
                      kSmoothing),
          summary_of(report), report.status == Status::kCertified ? Verdict::kReproduced : Verdict::kUndecidable};
}

/// Passes until objective − optimum ≤ share · optimum; nothing if that never was.
std::optional<double> passes_to(const std::vector<Point>& points, double optimum, double share) {
  for (const Point& point : points) {
    if (point.objective - optimum <= share * optimum) return point.passes;
  }
  return std::nullopt;
}

/// The optimum is taken to be the lowest objective that any solver has reached. Of those run before an interrupt.
std::vector<Finding> race(const ExperimentData& data, Solves& solves, const Events& events, json& runs) {
  ObjectiveOptions objective;
  objective.l2 = kRaceL2;
  const std::size_t first = runs.size();
  std::vector<Solved> solved;
  double optimum = std::numeric_limits<double>::infinity();
  for (Solver solver : kRacers) {
    if (events.interrupted()) break;
    solved.push_back(solves.run(data, "race", objective, solver));
    optimum = std::min(optimum, solved.back().report.objective);
  }
  std::vector<Finding> findings;
  for (std::size_t k = 0; k < solved.size(); ++k) {
    std::string passes;
    json reached = json::object();
    for (double share : kRelativeGaps) {
      const auto found = passes_to(solved[k].points, optimum, share);
      reached[fmt::format("{:.0e}", share)] = found ? json(*found) : json();
      passes += (passes.empty() ? "" : ", ") + (found ? fmt::format("{:.0f}", *found) : std::string("–"));
    }
    runs[first + k]["passes_to"] = reached;
    findings.push_back(
        {data.name,
         fmt::format("convexity methods apply: {} finds the minimum (λ = {})", to_string(kRacers[k]), kRaceL2),
         fmt::format("{}; passes to 1e-2, 1e-4, 1e-6 of it: {}", summary_of(solved[k].report), passes),
         solved[k].report.status == Status::kCertified ? Verdict::kReproduced : Verdict::kUndecidable});
  }
  return findings;
}

}  // namespace

Outcome run_softmax(const ExperimentOptions& options, Events& events) {
  Outcome outcome;
  Solves solves(options, events, outcome.runs);
  for (const ExperimentData& data : options.data) {
    const Solved plain = solves.run(data, "labels as they are", without_penalty(0), Solver::kAuto);
    outcome.findings.push_back(one_hot(data, plain.report));
    if (events.interrupted()) break;  // what was not begun is no finding
    const Solved smooth = solves.run(data, "smoothed labels", without_penalty(kSmoothing), Solver::kAuto);
    outcome.findings.push_back(smoothed(data, smooth.report));
    if (events.interrupted()) break;
    if (is_proven(plain.report)) {
      outcome.findings.push_back(solves.descend(data, 0, plain.model));
    } else if (is_proven(smooth.report)) {
      outcome.findings.push_back(solves.descend(data, kSmoothing, smooth.model));
    } else {
      outcome.findings.push_back(no_descent(data.name));
      solves.leave_one_out();
    }
    for (Finding& finding : race(data, solves, events, outcome.runs)) outcome.findings.push_back(std::move(finding));
    if (events.interrupted()) break;
  }
  return outcome;
}

}  // namespace poise::experiments
