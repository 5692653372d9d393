// poise certify: how far is this model from the optimum of its objective? From model and data alone.
#include <fmt/core.h>

#include <optional>

#include "base/words.h"
#include "cli/arguments.h"
#include "cli/say.h"
#include "data/row_set.h"
#include "network/model_check.h"
#include "poise/error.h"
#include "run/json_text.h"
#include "run/summary.h"
#include "run/training/trained_rows.h"

namespace poise::cli {
namespace {

const char* existence(const Certificate& certificate, const ObjectiveOptions& objective) {
  if (certificate.proves_absence) return "of a minimizer is excluded: the gap is to the infimum";
  if (!certificate.proves_existence) return "of a minimizer is not proven";
  if (objective.l2 > 0) return "of a minimizer is given by the penalty";
  return objective.label_smoothing > 0 ? "of a minimizer is given by label smoothing"
                                       : "of a minimizer is proven by the curvature";
}

/// The rows the model was trained on: all of them, or those that --validation left. A gap on other rows is a true bound
/// for those rows, but not what the model was trained for.
Dataset training_rows(const Arguments& a, const Network& model, Dataset data) {
  const auto trained = recorded<RowProvenance>(model.metadata);
  const std::string &trained_on = trained.fingerprint, here = fingerprint(data);
  if (trained_on.empty() || trained_on == here) return data;
  const bool comparable = same_storage(trained_on, here);
  if (!comparable && !a.quiet) {
    say("note: a model of version 0.1, which stored such data otherwise: whether it was trained on these rows is not "
        "known\n");
  }
  if (std::optional<Dataset> rest = without_held_out_rows(model.metadata, data);
      rest && (!comparable || trained_on == fingerprint(*rest))) {
    if (!a.quiet) {
      say("note: {} of {} rows are left out again, as --validation {} held them out in training\n",
          data.rows() - rest->rows(), data.rows(), trained.held_out);
    }
    return std::move(*rest);
  }
  if (comparable && trained.row_set == fingerprint_of_row_set(data)) {
    if (!a.quiet)
      say("note: these are the rows that the model was trained on, in another order: sums round otherwise, that is "
          "all\n");
    return data;
  }
  if (comparable && !a.quiet && !trained.row_set_read.empty() && trained.row_set_read == fingerprint_of_row_set(data)) {
    say("note: these are the rows that training read, in another order: which of them --validation {} held out goes by "
        "their order, so the gap is that of the objective on all of them; hint: give the file as it was\n",
        trained.held_out);
    return data;
  }
  if (comparable && !a.quiet) {
    say("note: these are not the rows the model was trained on (other data or other weights): the gap is that "
        "of the objective on these rows\n");
  }
  return data;
}

}  // namespace

int certify(const Arguments& a) {
  const Network model = load_softmax_layer(a.run);
  Dataset all = read_for_model(a, model.schema, model.metadata, Needs::kLabelsAndWeights);
  if (!all.has_targets()) {
    throw Error(ErrorKind::kData, "the data has no labels", "the rows and labels that the model was trained on", {},
                {a.data});
  }
  const Dataset data = training_rows(a, model, std::move(all));
  const SolveReport report = certify_softmax(model, data, a.solve);
  if (a.json) {
    nlohmann::json out = to_json(report);
    out["rows"] = data.rows();
    if (report.gap) out["certificate"] = to_json(report.certificate);
    if (report.separation) out["separation"] = to_json(*report.separation, model.schema);
    fmt::print("{}\n", to_text(out, 2));
  } else {
    const bool not_certified = report.status == Status::kNotCertified;
    fmt::print("status      {}: {}\nobjective   {:.12g} on {}\n",
               not_certified ? "not certified" : to_string(report.status), report.why, report.objective,
               counted(data.rows(), "row"));
    if (report.gap) {
      const Certificate& c = report.certificate;
      fmt::print("gap         {:.3e} nats above the optimum at most (dual value {:.12g}, rounding allowance {:.1e})\n",
                 *report.gap, c.dual_value, c.rounding);
      fmt::print("existence   {}\n", existence(c, recorded_objective(model)));
    }
  }
  return a.require_certificate && report.status != Status::kCertified ? 1 : 0;
}

}  // namespace poise::cli
