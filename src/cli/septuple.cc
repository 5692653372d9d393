// poise septuple: what a network of any shape does at rest, and its canonical ensemble at a temperature.
#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/stopwatch.h"
#include "base/watcher_link.h"
#include "base/words.h"
#include "cli/arguments.h"
#include "cli/say.h"
#include "poise/error.h"
#include "poise/theory/equilibrium.h"
#include "poise/theory/free_energy_curvature.h"
#include "poise/theory/septuple_file.h"
#include "run/json_text.h"
#include "run/measurements.h"

namespace poise::cli {
namespace {

using nlohmann::json;

/// What there was time for.
struct Found {
  std::vector<RestingState> rest{};
  std::optional<Factorization> factorization{};  // with the ensemble
  std::optional<Estimate> laplacian{};
};

Found measure(const Septuple& septuple, const Arguments& a) {
  const double limit = a.solve.time_limit;
  const Stopwatch clock;
  StopWhen out_of_time([&] { return limit > 0 && clock.seconds() > limit; }, a.watcher);
  FactorizationOptions options;
  options.sampling = {
      .samples = a.samples, .seed = a.training.seed, .threads = a.solve.threads, .watcher = &out_of_time};
  Found found;
  try {
    found.rest = resting_states(septuple, a.starts, a.training.seed, &out_of_time);
  } catch (const MeasurementStopped&) {
    throw Error(ErrorKind::kResource, fmt::format("the time limit of {:g} s ended the search for fixed points", limit),
                fmt::format("time for {}", counted(a.starts, "start")), "--starts takes fewer of them", {a.data});
  }
  try {
    found.factorization = test_factorization(septuple, a.temperature, options);
    found.laplacian = free_energy_derivatives(septuple, a.temperature, options.sampling).laplacian;
  } catch (const MeasurementStopped&) {
    if (!a.quiet)
      say("note: out of time: {} left out; --samples takes fewer draws\n",
          found.factorization ? "the Laplacian is" : "the ensemble, the factorization and the Laplacian are");
  }
  return found;
}

std::string shape_of(const Septuple& septuple) {
  const Index connections = (septuple.weights.array() != 0).count();
  constexpr const char* kWhere[] = {"in the bulk", "on the outputs", "on the inputs", "on inputs and outputs"};
  return fmt::format("{}, {} of them free, {}, {}; loss {}", counted(septuple.neurons(), "neuron"),
                     septuple.free_neurons().size(), counted(connections, "connection"),
                     septuple.is_feed_forward() ? "feed-forward" : "cyclic",
                     kWhere[static_cast<std::size_t>(septuple.place)]);
}

std::string of_state(const Vector& state) {
  constexpr Index kMost = 8;
  std::string text;
  for (Index i = 0; i < std::min(kMost, state.size()); ++i)
    text += fmt::format("{}{:.4g}", i > 0 ? ", " : "", state[i]);
  return state.size() > kMost ? text + ", …" : text;
}

void print_rest(const Found& found, Index starts) {
  constexpr std::size_t kMost = 10;
  Index met = 0;
  for (const RestingState& state : found.rest) met += state.starts;
  fmt::print("\nfixed points of x <- f(wx + b), from {}:\n", counted(starts, "start"));
  for (std::size_t k = 0; k < std::min(kMost, found.rest.size()); ++k) {
    const RestingState& state = found.rest[k];
    fmt::print("  {:>3} starts  {:<8}  spectral radius {:<8.4g}  loss {:<10.4g}  x = {}\n", state.starts,
               state.stable() ? "stable" : "unstable", state.spectral_radius, state.loss, of_state(state.rest.state));
  }
  if (found.rest.size() > kMost) fmt::print("  and {} more\n", found.rest.size() - kMost);
  if (met < starts) fmt::print("  {:>3} starts  do not come to rest\n", starts - met);
}

void print_line(const char* name, double value, double error, const char* unit) {
  const std::string size = std::isnan(value) ? "–" : fmt::format("{:.6g}", value);
  fmt::print("  {:<34}{:>14}{}  {}\n", name, size,
             error > 0 ? fmt::format(" ± {:<8.2g}", 1.96 * error) : std::string(11, ' '), unit);
}

/// "the largest |dU/d(weight or bias)| is 0.2; the surest is 14.0 standard errors from 0 (p = …)"; or "0.2 (exact)".
std::string reaction_of(const Factorization& z) {
  const std::string p = z.p_value > 0 ? fmt::format("= {:.2g}", z.p_value) : "< 1e-300";
  const std::string how =
      z.largest_z > 0
          ? fmt::format("; the surest is {:.1f} standard errors from 0 (p {}, of all together)", z.largest_z, p)
          : " (exact)";
  return fmt::format("the largest |dU/d(weight or bias)| is {:.3g}{}", z.largest, how);
}

/// What is said of Z; by draws it is about this temperature.
std::string verdict_of(const Factorization& z, double temperature) {
  const bool drawn = z.ensemble.samples > 0;
  if (z.verdict == Factorizes::kCannotTell) return "Whether Z factorizes cannot be told";
  return std::string("Z ") + to_string(z.verdict) +
         (z.verdict == Factorizes::kYes && drawn ? fmt::format(" at this T, to {:g}", 0.1 * temperature) : "");
}

void print_ensemble(const Factorization& z, const std::optional<Estimate>& laplacian) {
  const Ensemble& ensemble = z.ensemble;
  const EnsembleState& s = ensemble.state;
  const double T = s.temperature;
  fmt::print("\ncanonical ensemble at T = {:g}, {}{}:\n", T, to_string(ensemble.method),
             ensemble.samples > 0
                 ? fmt::format(", {} draws that count as {:.0f}", ensemble.samples, ensemble.effective_samples)
                 : " in closed form");
  print_line("free energy F", s.free_energy, T * ensemble.log_partition_error, "loss");
  print_line("mean loss U", s.mean_loss, ensemble.mean_loss_error, "loss");
  print_line("entropy S_x = (U - F)/T", s.entropy, ensemble.entropy_error, "nats");
  print_line("thermodynamic entropy S_T", s.thermodynamic_entropy, ensemble.mean_loss_error / T, "nats");
  print_line("complexity C = S_T - S_x", s.complexity, ensemble.log_partition_error, "nats");
  if (laplacian) print_line("Laplacian of F over the connections", laplacian->value, laplacian->error, "loss");
  fmt::print("\n{}: {}\n", verdict_of(z, T), reaction_of(z));
  if (laplacian && std::isnan(laplacian->value))
    fmt::print(
        "no Laplacian: the kinks of ReLU neurons that listen to free ones are where draws almost surely are not\n");
  if (!ensemble.reliable())
    fmt::print(
        "the draws are too unlike the ensemble for their errors to mean anything: a higher temperature, or more "
        "--samples\n");
  const bool drawn = ensemble.samples > 0 || (laplacian && laplacian->error > 0);
  fmt::print("{}\n", drawn ? "±: 95 % intervals of the draws" : "all of it exact, up to rounding");
}

json rest_json(const Found& found) {
  json out = json::array();
  for (const RestingState& state : found.rest) {
    out.push_back({{"state", std::vector<double>(state.rest.state.begin(), state.rest.state.end())},
                   {"starts", state.starts},
                   {"loss", state.loss},
                   {"spectral_radius", state.spectral_radius},
                   {"stable", state.stable()}});
  }
  return out;
}

json value_json(double value, double error) { return {{"value", value}, {"error", error}}; }

json ensemble_json(const Found& found) {
  if (!found.factorization) return nullptr;
  const Ensemble& ensemble = found.factorization->ensemble;
  const EnsembleState& s = ensemble.state;
  const double T = s.temperature;
  return {{"temperature", T},
          {"method", to_string(ensemble.method)},
          {"samples", ensemble.samples},
          {"effective_samples", ensemble.effective_samples},
          {"reliable", ensemble.reliable()},
          {"log_partition", value_json(s.log_partition, ensemble.log_partition_error)},
          {"free_energy", value_json(s.free_energy, T * ensemble.log_partition_error)},
          {"mean_loss", value_json(s.mean_loss, ensemble.mean_loss_error)},
          {"entropy", value_json(s.entropy, ensemble.entropy_error)},
          {"thermodynamic_entropy", value_json(s.thermodynamic_entropy, ensemble.mean_loss_error / T)},
          {"complexity", value_json(s.complexity, ensemble.log_partition_error)},
          {"laplacian", found.laplacian ? value_json(found.laplacian->value, found.laplacian->error) : json()}};
}

json factorization_json(const std::optional<Factorization>& z) {
  if (!z) return nullptr;
  const bool exact = z->largest_z == 0;  // there is no error to count in
  return {{"verdict", to_string(z->verdict)},
          {"largest", z->largest},
          {"largest_z", exact ? json() : json(z->largest_z)},
          {"p_value", exact ? json() : json(z->p_value)}};
}

}  // namespace

int septuple(const Arguments& a) {
  const Septuple septuple = read_septuple(a.data);
  const Found found = measure(septuple, a);
  if (!a.json) {
    fmt::print("septuple    {}\n", shape_of(septuple));
    print_rest(found, a.starts);
    if (found.factorization) print_ensemble(*found.factorization, found.laplacian);
    return 0;
  }
  const json out = {{"neurons", septuple.neurons()},
                    {"free", septuple.free_neurons().size()},
                    {"feed_forward", septuple.is_feed_forward()},
                    {"fixed_points", rest_json(found)},
                    {"ensemble", ensemble_json(found)},
                    {"factorization", factorization_json(found.factorization)}};
  fmt::print("{}\n", to_text(out, 2));
  return 0;
}

}  // namespace poise::cli
