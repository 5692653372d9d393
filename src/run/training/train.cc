#include "data/fields.h"
#include "learning/fields.h"
#include "poise/run.h"
#include "run/training/fields.h"
#include "run/training/training_run.h"

namespace poise {
namespace {

/// What no command line can say, but a program can.
void check_request_as_a_whole(const TrainingRequest& request) {
  const double share = request.validation_share.value_or(0);
  const bool is_network = request.is_network();
  check_fields(request);
  check_fields(request.read);
  check_fields(request.objective);
  check_fields(request.solve);
  check_fields(request.network);
  require(share == 0 || !request.validation.given(), "rows to validate by, and a share of the others", "one of them");
  require(!request.choose_l2 || request.l2_path.empty(), "a path of penalties, and the wish to find one",
          "one of them");
  require(request.measure || !request.calibrate, "the wish to calibrate without measuring", "one of them");
  require(!request.resume || !request.directory.value_or("").empty(), "--resume without a run to go on with",
          "--out with the directory of the run");
  const bool starts = !request.start.empty() || request.start_model.has_value();
  require(request.start.empty() || !request.start_model, "a model to start from, and a file of one", "one of them");
  require(!is_network || (request.l2_path.empty() && !starts),
          "a path of penalties, or a model to start from, for a network", "neither: they are for the softmax layer");
}

}  // namespace

TrainingResult train(const TrainingRequest& request, Watcher& watcher) {
  check_request_as_a_whole(request);
  return request.is_network() ? train_hidden_layers(request, watcher) : train_softmax_layer(request, watcher);
}

TrainingResult train(const TrainingRequest& request) {
  Watcher nobody;
  return train(request, nobody);
}

}  // namespace poise
