// How many rows a second a model answers: bench_inference MODEL DATA --batch 1 --threads 1 --seconds 1
//
// Prints one JSON object. A call answers `batch` rows, from the data in order and around again; the answers of all
// calls are added up into `checksum`, so that none can be left out.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <vector>

#include "poise/predictor.h"
#include "poise/read.h"
#include "rows/load.h"

namespace {

using poise::Index;
using Clock = std::chrono::steady_clock;

/// The features in the units of the file, dense float32.
std::vector<float> dense_rows(const poise::Dataset& data) {
  const Index d = data.features.cols();
  std::vector<float> rows(static_cast<std::size_t>(data.rows() * d));
  poise::load_rows(data.features, {}, 0, data.rows(), rows.data(), d);
  return rows;
}

struct Options {
  std::string model, data, data_dir;
  Index batch = 1;
  int threads = 1;
  double seconds = 1;
};

void measure(const Options& options) {
  const poise::Network network = poise::load_model(options.model);
  poise::ReadOptions reading;
  reading.data_dir = options.data_dir;
  const poise::Dataset data = poise::read_dataset(options.data, reading, network.schema);
  const std::vector<float> rows = dense_rows(data);
  const poise::Predictor predictor(network);
  const Index d = predictor.feature_count(), batch = std::min(options.batch, data.rows());
  std::vector<float> out(static_cast<std::size_t>(batch * predictor.class_count()));

  Index first = 0, answered = 0;
  double checksum = 0;
  const auto call = [&] {
    predictor.probabilities(rows.data() + first * d, batch, out.data(), options.threads);
    checksum += static_cast<double>(out[0]);
    answered += batch;
    first = first + 2 * batch <= data.rows() ? first + batch : 0;
  };
  const auto run = [&](double seconds) {  // the clock is read once in about a thousand rows
    const auto start = Clock::now();
    std::chrono::duration<double> passed{};
    for (answered = 0; passed.count() < seconds; passed = Clock::now() - start) {
      for (const Index target = answered + 1000; answered < target;) call();
    }
    return static_cast<double>(answered) / passed.count();
  };
  run(options.seconds / 10);  // warm caches, threads and the clock of the processor
  const double rate = run(options.seconds);
  fmt::print(R"({{"rows_per_second": {:.6g}, "batch": {}, "threads": {}, "architecture": "{}", "checksum": {:.9g}}})"
             "\n",
             rate, batch, options.threads, network.architecture(), checksum);
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app{"Rows a second that a model answers.", "bench_inference"};
  app.add_option("MODEL", options.model, "a model.onnx or a run directory")->required();
  app.add_option("DATA", options.data, "a file or a known set")->required();
  app.add_option("--batch", options.batch, "rows a call (default 1)")->check(CLI::PositiveNumber);
  app.add_option("--threads", options.threads, "default 1")->check(CLI::PositiveNumber);
  app.add_option("--seconds", options.seconds, "to measure (default 1)")->check(CLI::PositiveNumber);
  app.add_option("--data-dir", options.data_dir, "where the named sets are");
  CLI11_PARSE(app, argc, argv);
  try {
    measure(options);
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench_inference: {}\n", error.what());
    return 1;
  }
}
