// The processes that mpirun has begun together with this one.
#pragma once

#include <memory>

#include "poise/workers.h"

namespace poise::cli {

/// What src/mpi is to the tool. Its constructor begins MPI, its destructor ends it.
class MpiProcesses {
 public:
  virtual ~MpiProcesses() = default;

  virtual int rank() const = 0;   ///< of this one; 0 is the driver
  virtual int count() const = 0;  ///< of all
  virtual int on_this_machine() const = 0;
  virtual std::unique_ptr<Channel> channel_to(int rank) = 0;
};

/// Null if this process is alone. MPI is loaded where it is asked for alone: its libraries take longer to start than
/// most verbs take in all. Error(kUsage) if several processes were begun and the tool has no MPI.
std::unique_ptr<MpiProcesses> processes_of_mpi();

/// What a process does that is not the driver: it answers until there is nothing more to ask.
int work_for_driver(MpiProcesses& processes);

}  // namespace poise::cli
