// poise certify: how far is this model from the optimum of its objective? From model and data alone.
#include <fmt/core.h>

#include "cli/arguments.h"
#include "poise/error.h"
#include "run/summary.h"

namespace poise::cli {

int certify(const Arguments& a) {
  const SoftmaxModel model = load_model(a.run);
  const Dataset data = read_for_model(a, model.schema, model.metadata);
  if (!data.has_targets()) {
    throw Error(ErrorKind::kData, "the data has no labels", "the rows and labels that the model was trained on", {},
                {a.data});
  }
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
      fmt::print("existence   {}\n",
                 c.proves_existence ? "proven by a strictly positive dual point" : "given by the penalty");
    }
  }
  return a.require_certificate && report.status != Status::kCertified ? 1 : 0;
}

}  // namespace poise::cli
