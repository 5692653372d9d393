// poise train --hidden: data → network → run directory.
#include <fmt/core.h>

#include <chrono>

#include "cli/train_parts.h"
#include "poise/error.h"
#include "poise/metrics.h"
#include "poise/network.h"
#include "poise/version.h"
#include "run/summary.h"
#include "run/training_progress.h"

namespace poise::cli {
namespace {

using nlohmann::json;
using Clock = std::chrono::steady_clock;

constexpr double kHeldOut = 0.1;  // of the rows, unless --validation says otherwise

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

/// Options that the softmax layer has, too, are declared once and taken over.
NetworkOptions network_options(const Arguments& a) {
  NetworkOptions options = a.network;
  options.label_smoothing = a.objective.label_smoothing;
  options.balanced_classes = a.objective.balanced_classes;
  options.standardize = a.objective.scale != Scale::kNone;
  options.time_limit = a.solve.time_limit;
  options.threads = a.solve.threads;
  options.seed = a.seed;
  return options;
}

json measure(const Network& network, const Dataset* data, int threads) {
  if (!data) return nullptr;
  return to_json(evaluate_scores(predict_scores(network, *data, threads), *data));
}

json asked_json(const Arguments& a, const NetworkOptions& o) {
  return {{"data", a.data},
          {"hidden", o.hidden},
          {"activation", to_string(o.activation)},
          {"loss", to_string(o.loss)},
          {"rule", to_string(o.rule)},
          {"step", to_string(o.step)},
          {"learning_rate", o.learning_rate},
          {"l2", o.l2},
          {"dropout", o.dropout},
          {"label_smoothing", o.label_smoothing},
          {"balanced_classes", o.balanced_classes},
          {"epochs", o.epochs},
          {"batch", o.batch},
          {"patience", o.patience},
          {"validation", a.validation.value_or(kHeldOut)},
          {"seed", o.seed},
          {"threads", o.threads},
          {"test", a.test_data}};
}

std::string architecture(const Network& network) {
  std::string text = fmt::format("{}", network.feature_count());
  for (const Layer& layer : network.layers) {
    const bool last = &layer == &network.layers.back();
    text +=
        fmt::format(" -> {} {}", layer.weights.rows(), last ? to_string(network.head) : to_string(layer.activation));
  }
  return text;
}

void print_result(const json& result) {
  fmt::print("{} rows, network {} with {} parameters\n", result["rows"].get<Index>(),
             result["architecture"].get<std::string>(), result["parameters"].get<Index>());
  fmt::print("status      {}: {}\n", result["status"].get<std::string>(), result["why"].get<std::string>());
  for (const char* part : {"train", "validation", "test"}) print_measured(part, result[part]);
  fmt::print("{} epochs of batches of {}, the weights of epoch {} kept; {:.2f} s to train, {:.3f} s to read; run {}\n",
             result["epochs"].get<int>(), result["batch"].get<Index>(), result["best_epoch"].get<int>(),
             result["seconds"].get<double>(), result["seconds_read"].get<double>(), result["run"].get<std::string>());
}

json result_json(const Arguments& a, const NetworkFit& fit, const Parts& parts, const std::optional<Dataset>& test) {
  json result = to_json(fit.report);
  const int threads = a.solve.threads;
  const double trained = static_cast<double>(parts.train.rows()) * fit.report.epochs;
  result.update({{"rows", parts.train.rows()},
                 {"features", parts.train.features.cols()},
                 {"classes", parts.train.schema.class_count()},
                 {"architecture", architecture(fit.network)},
                 {"parameters", fit.network.parameter_count()},
                 {"gap", nullptr},
                 {"train", measure(fit.network, &parts.train, threads)},
                 {"validation", measure(fit.network, parts.validation ? &*parts.validation : nullptr, threads)},
                 {"test", measure(fit.network, test ? &*test : nullptr, threads)},
                 {"samples_per_second", fit.report.train_seconds > 0 ? trained / fit.report.train_seconds : 0}});
  result["objective"] = result["train"]["cross_entropy"];
  return result;
}

int exit_code(TrainingStatus status) {
  if (status == TrainingStatus::kInterrupted) return 130;
  return status == TrainingStatus::kDiverged ? 5 : 0;
}

}  // namespace

int train_network(const Arguments& a) {
  if (a.network.patience > 0 && a.validation && *a.validation == 0) {
    throw Error(ErrorKind::kUsage, "--patience without validation rows", "--validation above 0",
                "without them there is no best epoch to wait for");
  }
  const auto started = Clock::now();
  const Parts parts = read_parts(a, a.validation.value_or(kHeldOut));
  print_notices(a, parts.train);
  const std::optional<Dataset> test = read_test(a, parts.train.schema);
  const double seconds_read = seconds_since(started);

  const NetworkOptions options = network_options(a);
  RunDirectory run(a.out, a.data);
  run.announce({{"event", "start"}, {"rows", parts.train.rows()}, {"features", parts.train.features.cols()}});
  TrainingProgress progress(run, a.quiet ? nullptr : stderr, interrupted);
  NetworkFit fit =
      poise::train_network(parts.train, options, parts.validation ? &*parts.validation : nullptr, &progress);

  const auto writing = Clock::now();
  record_reading(a, a.validation.value_or(kHeldOut), fit.network.metadata);
  save_network(fit.network, run.model_path());
  json result = result_json(a, fit, parts, test);
  result["seconds_read"] = seconds_read;
  result["run"] = run.path();
  result["seconds_write"] = seconds_since(writing);
  run.write_summary({{"poise", kVersion},
                     {"asked", asked_json(a, options)},
                     {"fingerprint", fingerprint(parts.train)},
                     {"notices", parts.train.notices},
                     {"result", result}});
  run.append_event({{"event", "end"}, {"status", result["status"]}, {"best_epoch", fit.report.best_epoch}});
  if (a.json) {
    fmt::print("{}\n", result.dump(2));
  } else {
    print_result(result);
  }
  if (fit.report.status == TrainingStatus::kInterrupted && !a.quiet) {
    fmt::print(stderr, "interrupted: the model so far is in {}\n", run.model_path());
  }
  return exit_code(fit.report.status);
}

}  // namespace poise::cli
