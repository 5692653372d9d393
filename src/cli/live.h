// The page of `train --serve`.
#pragma once

#include <memory>
#include <string>

#include "cli/arguments.h"

namespace poise::cli {

/// Nothing where it was not asked for.
class LiveTraining {
 public:
  /// Serves from now on, and says where on stderr. `request` must outlive it. Throws as serve::Server does.
  LiveTraining(const Arguments& arguments, const TrainingRequest& request);
  /// Those who read it have its end; it is not there any more.
  ~LiveTraining();
  LiveTraining(const LiveTraining&) = delete;
  LiveTraining& operator=(const LiveTraining&) = delete;

  void on_event(const Event& event);
  /// The page is the report of the directory from now on.
  void end(const std::string& directory);
  /// Says what has ended the training.
  void fail(const std::string& why);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace poise::cli
