#include "convex/names.h"

#include "poise/error.h"

namespace poise {

const char* to_string(Status status) {
  switch (status) {
    case Status::kCertified:
      return "certified";
    case Status::kConverged:
      return "converged";
    case Status::kSeparable:
      return "separable";
    case Status::kIterationLimit:
      return "iteration_limit";
    case Status::kTimeLimit:
      return "time_limit";
    case Status::kInterrupted:
      return "interrupted";
    case Status::kDiverged:
      return "diverged";
    case Status::kNotCertified:
      return "not_certified";
  }
  return "unknown";
}

const char* to_string(Solver solver) {
  switch (solver) {
    case Solver::kAuto:
      return "auto";
    case Solver::kNewton:
      return "newton";
    case Solver::kLbfgs:
      return "lbfgs";
    case Solver::kGolden:
      return "golden";
    case Solver::kDescent:
      return "descent";
  }
  return "unknown";
}

const char* to_string(Scale scale) {
  switch (scale) {
    case Scale::kAuto:
      return "auto";
    case Scale::kNone:
      return "none";
    case Scale::kStandard:
      return "standard";
    case Scale::kNumbers:
      return "numbers";
  }
  return "unknown";
}

}  // namespace poise

namespace poise::inline convex {

Scale recorded_scale(const Metadata& metadata) {
  const std::string text = recorded_text(metadata, "scale");
  for (const Scale scale : {Scale::kNone, Scale::kStandard, Scale::kNumbers}) {
    if (text == to_string(scale)) return scale;
  }
  if (text.empty()) return Scale::kNone;
  throw Error(ErrorKind::kData, "the model's metadata says 'scale' is '" + text + "'", "none, standard or numbers");
}

}  // namespace poise::inline convex
