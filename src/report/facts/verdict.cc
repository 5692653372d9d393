#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "base/words.h"
#include "poise/metrics.h"
#include "report/facts/interval.h"
#include "report/facts/sections.h"
#include "report/words.h"
#include "run/measurements.h"

namespace poise::report {
namespace {

std::string with_arrows(std::string text) {
  for (std::size_t at = 0; (at = text.find("->", at)) != std::string::npos;) text.replace(at, 2, "→");
  return text;
}

std::string proof_of(const RunRecord& run) {
  if (run.is_network) return "a network's loss is not convex, so there is no certificate";
  if (run.status == "certified" && run.certificate)
    return fmt::format("its objective is proven within {} nats of the optimum", number(run.certificate->gap, 2));
  if (run.certificate)
    return fmt::format("not certified ({}), though proven within {} nats of the optimum", run.why,
                       number(run.certificate->gap, 2));
  return fmt::format("not certified: {}", run.why);
}

std::string worth_of(const RunRecord& run) {
  if (!run.reconstructed.empty()) {
    const auto& [name, metrics] = run.reconstructed.front();
    return fmt::format("on the {} {} it explains {} of the variance", count(static_cast<double>(metrics.rows)),
                       rows_of(name), percent(metrics.explained_variance));
  }
  if (run.parts.empty()) return "what it is worth was not measured";
  const RunRecord::Part& part = run.parts.front();
  const double draws = draws_of(part.metrics);
  const std::string interval =
      draws > 0 ? fmt::format(" (95 % interval {})", interval_of(part.metrics.accuracy, draws)) : "";
  return fmt::format("on {}{} it is right in {}{}", count(static_cast<double>(part.metrics.rows)),
                     " " + rows_of(part.name), percent(part.metrics.accuracy), interval);
}

std::string confidence_of(const Metrics& metrics) {
  if (metrics.at_rest) return "as sure as it is right";
  return metrics.equilibrium_gap > 0 ? "surer than it is right" : "less sure than it is right";
}

std::string end_of(const RunRecord& run) {
  if (run.status == "interrupted") return "was interrupted";
  if (run.status == "time_limit") return "ran out of time";
  if (run.status == "diverged") return "diverged";
  return "";
}

}  // namespace

std::string name_of(const RunRecord& run) {
  const std::filesystem::path path = std::filesystem::path(run.directory).lexically_normal();
  const std::string name = path.filename().empty() ? path.parent_path().filename().string() : path.filename().string();
  return name.empty() || name == "." ? std::string("run") : name;
}

std::string name_of_data(const RunRecord& run) {
  const std::string data = run.option("data");
  return data.empty() ? "rows in memory" : std::filesystem::path(data).filename().string();
}

std::string name_of_model(const RunRecord& run) {
  if (!run.is_network) return "a softmax layer";
  return (run.reconstructs ? "an autoencoder " : "a network ") + with_arrows(run.architecture);
}

std::string class_name(const RunRecord& run, Index class_id) {
  return class_id >= 0 && class_id < run.schema.class_count() ? run.schema.classes[static_cast<std::size_t>(class_id)]
                                                              : "?";
}

std::string rows_of(const std::string& part) {
  if (part == "cross-validation") return "rows by cross-validation";
  if (part == "train") return "rows it was trained on";
  return part == "validation" ? "held-out rows" : part + " rows";
}

std::string status_words(const RunRecord& run) {
  std::string words = run.status;
  std::replace(words.begin(), words.end(), '_', ' ');
  return words;
}

Mood mood_of(const RunRecord& run) {
  for (const char* good : {"certified", "finished", "stopped", "at_rest"}) {
    if (run.status == good) return Mood::kGood;
  }
  return run.status == "diverged" ? Mood::kBad : Mood::kPlain;
}

double draws_of(const Metrics& metrics) {
  double weight = 0;
  for (const ClassMetrics& one : metrics.by_class) weight += one.weight;
  const auto rows = static_cast<double>(metrics.rows);
  return std::abs(weight - rows) < 1e-6 * rows ? rows : 0;
}

std::string interval_of(double share, double draws) {
  if (!(draws > 0) || std::isnan(share)) return "–";
  return percent_range(wilson_interval(share, draws));
}

std::string with_interval(double mean, double standard_error) {
  if (!std::isfinite(mean) || !std::isfinite(standard_error)) return number(mean);
  std::string text = value_and_error(mean, confidence_interval({mean, standard_error, 0, 0, 0}));
  if (text.starts_with('-')) text.replace(0, 1, "−");
  return text;
}

std::string imbalance(const Metrics& metrics) {
  const double gap = metrics.equilibrium_gap;
  if (std::abs(gap) < 1e-9 * (metrics.cross_entropy + metrics.entropy)) return "0";
  return fmt::format("{}{}", gap > 0 ? "+" : "", number(gap, 3));
}

std::string verdict_of(const RunRecord& run) {
  std::string text = name_of_model(run);
  text[0] = static_cast<char>(text[0] - 'a' + 'A');
  const std::string end = end_of(run);
  text += fmt::format(" for {}{}: {}", name_of_data(run), end.empty() ? "" : " that " + end, worth_of(run));
  if (!run.parts.empty()) text += " and " + confidence_of(run.parts.front().metrics);
  return text + "; " + proof_of(run) + ".";
}

std::vector<Headline> headlines_of(const RunRecord& run) {
  std::vector<Headline> all;
  if (!run.parts.empty()) {
    const RunRecord::Part& part = run.parts.front();
    const Metrics& metrics = part.metrics;
    const double draws = draws_of(metrics);
    all.push_back({percent(metrics.accuracy), "accuracy",
                   (draws > 0 ? interval_of(metrics.accuracy, draws) + ", " : "") +
                       count(static_cast<double>(metrics.rows)) + " " + rows_of(part.name)});
    all.push_back({number(metrics.cross_entropy), "cross-entropy, nats",
                   "class frequencies alone: " + number(metrics.frequencies_entropy)});
    all.push_back({imbalance(metrics), "CE − H, nats",
                   metrics.at_rest               ? "at rest"
                   : metrics.equilibrium_gap > 0 ? "over-confident"
                                                 : "under-confident"});
  }
  if (!run.reconstructed.empty()) {
    const auto& [name, metrics] = run.reconstructed.front();
    all.push_back({percent(metrics.explained_variance), "variance explained",
                   count(static_cast<double>(metrics.rows)) + " " + rows_of(name)});
    all.push_back(
        {number(metrics.mean_squared_error), "mean squared error", "mean of the rows: " + number(metrics.variance)});
  }
  if (run.certificate) all.push_back({number(run.certificate->gap, 2), "proven gap, nats", "objective − optimum"});
  const std::string passes = run.is_network ? counted(run.epochs, "epoch") : brief(run.passes) + " passes";
  all.push_back({time(run.seconds), "to train", passes + ", " + counted(run.rows, "row")});
  return all;
}

}  // namespace poise::report
