// poise inspect RUN DATA --inference: how sure are the weights?
#include <fmt/core.h>

#include "cli/arguments.h"
#include "network/model_check.h"
#include "poise/error.h"
#include "run/inference.h"
#include "run/json_text.h"

namespace poise::cli {

int infer(const Arguments& a) {
  if (a.trained_on.empty()) {
    throw Error(ErrorKind::kUsage, "--inference without data", "poise inspect RUN DATA --inference",
                "the uncertainty of weights is computed on the rows that they were trained on");
  }
  const Network network = load_model(a.data);
  require_softmax_layer(network, a.data);  // before the data are read
  Arguments of_data = a;
  of_data.run = a.data;
  of_data.data = a.trained_on;
  const Dataset data = read_for_model(of_data, network.schema, network.metadata, Needs::kLabelsAndWeights);
  InferenceOptions options = a.inferring;
  options.threads = a.solve.threads;
  const Inference found = infer_weights(network, data, options);
  fmt::print("{}", a.json ? to_text(to_json(found, network.schema), 2) + "\n" : table_of(found, network.schema));
  return 0;
}

}  // namespace poise::cli
