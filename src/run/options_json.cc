#include "run/options_json.h"

namespace poise {

nlohmann::json to_json(const NetworkOptions& o) {
  nlohmann::json out = {{"hidden", o.hidden},
                        {"activation", to_string(o.activation)},
                        {"loss", to_string(o.loss)},
                        {"initialization", to_string(o.initialization)},
                        {"gain", o.gain},
                        {"l2", nullptr},
                        {"label_smoothing", o.label_smoothing},
                        {"balanced_classes", o.balanced_classes},
                        {"class_weights", to_text(o.class_weights)},
                        {"dropout", o.dropout},
                        {"scale", o.standardize ? "standard" : "none"},
                        {"rule", to_string(o.rule)},
                        {"order", to_string(o.order)},
                        {"relaxation", to_string(o.relaxation)},
                        {"relaxation_rate", o.relaxation_rate},
                        {"relaxation_steps", o.relaxation_steps},
                        {"compat", nullptr},
                        {"step", to_string(o.step)},
                        {"learning_rate", o.learning_rate},
                        {"momentum", nullptr},
                        {"momentum_phase", o.momentum_phase},
                        {"reduction", to_string(o.reduction)},
                        {"cooling", nullptr},
                        {"epochs", o.epochs},
                        {"batch", o.batch},
                        {"time_limit", o.time_limit},
                        {"patience", o.patience},
                        {"stop_at_rest", o.stop_at_rest},
                        {"solve_head_every", o.solve_head_every},
                        {"seed", o.seed},
                        {"threads", o.threads},
                        {"precision", to_string(o.precision)}};
  if (o.l2) out["l2"] = *o.l2;
  if (o.reference_2024) out["compat"] = "reference-2024";
  if (o.momentum && o.step != Step::kAdam) out["momentum"] = *o.momentum;
  if (o.cooling) out["cooling"] = *o.cooling;
  return out;
}

}  // namespace poise
