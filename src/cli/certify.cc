// poise certify: how far is this model from the optimum of its objective? From model and data alone.
#include <fmt/core.h>

#include <cstdlib>

#include "cli/arguments.h"
#include "poise/error.h"
#include "run/summary.h"

namespace poise::cli {
namespace {

const char* existence(const Certificate& certificate, double l2) {
  if (certificate.proves_existence) return "of a minimizer is proven by a strictly positive dual point";
  return l2 > 0 ? "of a minimizer is given by the penalty" : "of a minimizer is not proven";
}

/// The number of rows that --validation held out of `data`, whose share and seed the model has recorded; 0 if none.
Index held_out_rows(const SoftmaxModel& model, const Dataset& data) {
  const auto share = model.metadata.find("held_out");
  if (share == model.metadata.end()) return 0;
  const auto rows = static_cast<Index>(static_cast<double>(data.rows()) * std::strtod(share->second.c_str(), nullptr));
  return rows > 0 && rows < data.rows() ? rows : 0;
}

/// What is certified are the rows that the model was trained on, which its fingerprint tells: all rows of `data`, or
/// those that were left when some were held out. A gap on other rows is a true bound for those rows, but not what the
/// model was trained for.
Dataset rows_trained_on(const Arguments& a, const SoftmaxModel& model, Dataset data) {
  const auto trained_on = model.metadata.find("fingerprint");
  if (trained_on == model.metadata.end() || trained_on->second == fingerprint(data)) return data;
  if (const Index held_out = held_out_rows(model, data); held_out > 0) {
    const auto seed = model.metadata.find("held_out_seed");
    const std::uint64_t number = seed == model.metadata.end() ? 1 : std::strtoull(seed->second.c_str(), nullptr, 10);
    Dataset trained = split_rows(data, held_out, number).first;
    if (trained_on->second == fingerprint(trained)) {
      if (!a.quiet) {
        fmt::print(stderr, "note: certified on the {} rows trained on; training held out the other {}\n",
                   trained.rows(), held_out);
      }
      return trained;
    }
  }
  if (!a.quiet) {
    fmt::print(
        stderr,
        "note: these are not the rows the model was trained on (other data or other weights): the gap is that of "
        "the objective on these rows\n");
  }
  return data;
}

}  // namespace

int certify(const Arguments& a) {
  const SoftmaxModel model = load_model(a.run);
  Dataset data = read_for_model(a, model.schema, model.metadata);
  if (!data.has_targets()) {
    throw Error(ErrorKind::kData, "the data has no labels", "the rows and labels that the model was trained on", {},
                {a.data});
  }
  data = rows_trained_on(a, model, std::move(data));
  const SolveReport report = certify_softmax(model, data, a.solve);
  if (a.json) {
    nlohmann::json out = to_json(report);
    if (report.gap) out["certificate"] = to_json(report.certificate);
    if (report.separation) out["separation"] = to_json(*report.separation, model.schema);
    fmt::print("{}\n", out.dump(2));
  } else {
    fmt::print("status      {}: {}\nobjective   {:.12g}\n", to_string(report.status), report.why, report.objective);
    if (report.gap) {
      const Certificate& c = report.certificate;
      fmt::print("gap         {:.3e} nats above the optimum at most (dual value {:.12g}, rounding allowance {:.1e})\n",
                 *report.gap, c.dual_value, c.rounding);
      if (c.moment_error > 0) fmt::print("moments     right up to {:.1e}; charged in the gap\n", c.moment_error);
      fmt::print("existence   {}\n", existence(c, recorded_objective(model).l2));
    }
  }
  return a.require_certificate && report.status != Status::kCertified ? 1 : 0;
}

}  // namespace poise::cli
