#include "poise/solver.h"

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

}  // namespace poise
