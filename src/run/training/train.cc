#include <fmt/core.h>

#include "poise/error.h"
#include "poise/run.h"
#include "run/training/training_run.h"

namespace poise {
namespace {

void require_of_request(bool holds, const std::string& found, const std::string& expected) {
  if (!holds) throw Error(ErrorKind::kUsage, found, expected);
}

/// What no command line can say, but a program can.
void check_request_as_a_whole(const TrainingRequest& request) {
  const double share = request.validation_share.value_or(0);
  const bool is_network = !request.network.hidden.empty();
  require_of_request(share >= 0 && share < 1, fmt::format("a share of {:g} of the rows to validate by", share),
                     "one in [0, 1)");
  require_of_request(share == 0 || !request.validation.given(), "rows to validate by, and a share of the others",
                     "one of them");
  require_of_request(!request.choose_l2 || request.l2_path.empty(), "a path of penalties, and the wish to find one",
                     "one of them");
  require_of_request(request.measure || !request.calibrate, "the wish to calibrate without measuring", "one of them");
  const bool starts = !request.start.empty() || request.start_model.has_value();
  require_of_request(request.start.empty() || !request.start_model, "a model to start from, and a file of one",
                     "one of them");
  require_of_request(!is_network || (request.l2_path.empty() && !starts),
                     "a path of penalties, or a model to start from, for a network",
                     "neither: they are for the softmax layer");
}

}  // namespace

TrainingResult train(const TrainingRequest& request, Watcher& watcher) {
  check_request_as_a_whole(request);
  return request.network.hidden.empty() ? train_softmax_layer(request, watcher) : train_hidden_layers(request, watcher);
}

TrainingResult train(const TrainingRequest& request) {
  Watcher nobody;
  return train(request, nobody);
}

}  // namespace poise
