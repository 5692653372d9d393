// How things are measured: on how many threads, and until when.
#pragma once

#include <exception>
#include <functional>

namespace poise {

struct MeasureOptions {
  int threads = 0;  ///< 0: as many as the machine has; the bits do not depend on it
  bool auc = true;  ///< of metrics: false leaves the areas under ROC curves out, which take a sort a class
  /// If set, it is called on the caller's thread several times a second; true ends measuring with MeasurementStopped.
  std::function<bool()> stop{};
};

/// Thrown by a measurement that was asked to end before its end.
class MeasurementStopped : public std::exception {
 public:
  const char* what() const noexcept override { return "the measurement was stopped by request"; }
};

}  // namespace poise
