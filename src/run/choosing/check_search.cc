#include <fmt/core.h>

#include "poise/error.h"
#include "poise/inference.h"
#include "run/choosing/fields.h"

namespace poise::inline run {

void check_search(const Dataset& data, const PenaltySearchOptions& search) {
  const Index parameters = (data.schema.class_count() - 1) * (data.features.cols() + 1);
  if (!search.leave_one_out || parameters <= kMostInferredParameters) return;
  throw Error(ErrorKind::kUsage,
              fmt::format("leave-one-out of a model of {} parameters, (classes - 1)(features + 1)", parameters),
              fmt::format("at most {}, whose Hessian is affordable", kMostInferredParameters), "l2 auto goes by folds",
              {data.name})
      .with_code("usage.leave_one_out");
}

}  // namespace poise::inline run
