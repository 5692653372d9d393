// poise septuple: what a network of any shape does at rest, and its canonical ensemble at a temperature.
#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/words.h"
#include "cli/arguments.h"
#include "poise/theory/equilibrium.h"
#include "poise/theory/free_energy_curvature.h"
#include "poise/theory/septuple_file.h"
#include "run/json_text.h"
#include "run/measurements.h"

namespace poise::cli {
namespace {

using nlohmann::json;

struct Found {
  std::vector<RestingState> rest;
  Factorization factorization;
  FreeEnergyDerivatives derivatives;

  const Ensemble& ensemble() const { return factorization.ensemble; }
};

Found measure(const Septuple& septuple, const Arguments& a) {
  FactorizationOptions options;
  options.sampling = {.samples = a.samples, .seed = a.training.seed, .threads = a.solve.threads};
  return {resting_states(septuple, a.starts, a.training.seed), test_factorization(septuple, a.temperature, options),
          free_energy_derivatives(septuple, a.temperature, options.sampling)};
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

void print_ensemble(const Found& found) {
  const Ensemble& ensemble = found.ensemble();
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
  print_line("Laplacian of F over the connections", found.derivatives.laplacian.value,
             found.derivatives.laplacian.error, "loss");
  const Factorization& z = found.factorization;
  const bool told = z.verdict != Factorizes::kCannotTell;
  fmt::print("\n{}: the largest |dU/d(weight or bias)| is {:.3g}{}\n",
             told ? std::string("Z ") + to_string(z.verdict) : "Whether Z factorizes cannot be told", z.largest,
             ensemble.samples > 0
                 ? fmt::format(", {:.1f} standard errors (p = {:.2g}, of all together)", z.largest_z, z.p_value)
                 : "");
  if (std::isnan(found.derivatives.laplacian.value))
    fmt::print(
        "no Laplacian: the kinks of ReLU neurons that listen to free ones are where draws almost surely are not\n");
  if (!ensemble.reliable())
    fmt::print(
        "the draws are too unlike the ensemble for their errors to mean anything: a higher temperature, or more "
        "--samples\n");
  fmt::print("±: 95 % intervals of the draws\n");
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
  const Ensemble& ensemble = found.ensemble();
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
          {"laplacian", value_json(found.derivatives.laplacian.value, found.derivatives.laplacian.error)}};
}

}  // namespace

int septuple(const Arguments& a) {
  const Septuple septuple = read_septuple(a.data);
  const Found found = measure(septuple, a);
  if (!a.json) {
    fmt::print("septuple    {}\n", shape_of(septuple));
    print_rest(found, a.starts);
    print_ensemble(found);
    return 0;
  }
  const Factorization& z = found.factorization;
  const json out = {{"neurons", septuple.neurons()},
                    {"free", septuple.free_neurons().size()},
                    {"feed_forward", septuple.is_feed_forward()},
                    {"fixed_points", rest_json(found)},
                    {"ensemble", ensemble_json(found)},
                    {"factorization",
                     {{"verdict", to_string(z.verdict)},
                      {"largest", z.largest},
                      {"largest_z", z.largest_z},
                      {"p_value", z.p_value}}}};
  fmt::print("{}\n", to_text(out, 2));
  return 0;
}

}  // namespace poise::cli
