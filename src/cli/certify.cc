// poise certify: how far is this model from the optimum of its objective? From model and data alone.
#include <fmt/core.h>

#include "cli/arguments.h"
#include "poise/error.h"
#include "run/summary.h"

namespace poise::cli {
namespace {

const char* existence(const Certificate& certificate, double l2) {
  if (certificate.proves_existence) return "of a minimizer is proven by a strictly positive dual point";
  return l2 > 0 ? "of a minimizer is given by the penalty" : "of a minimizer is not proven";
}

/// A gap on other rows is a true bound for those rows, but not what the model was trained for.
void warn_of_other_rows(const Arguments& a, const SoftmaxModel& model, const Dataset& data) {
  const auto trained_on = model.metadata.find("fingerprint");
  if (a.quiet || trained_on == model.metadata.end() || trained_on->second == fingerprint(data)) return;
  fmt::print(stderr,
             "note: these are not the rows the model was trained on (other data, other weights, or rows held out by "
             "--validation): the gap is that of the objective on these rows\n");
}

}  // namespace

int certify(const Arguments& a) {
  const SoftmaxModel model = load_model(a.run);
  const Dataset data = read_for_model(a, model.schema, model.metadata);
  if (!data.has_targets()) {
    throw Error(ErrorKind::kData, "the data has no labels", "the rows and labels that the model was trained on", {},
                {a.data});
  }
  warn_of_other_rows(a, model, data);
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
