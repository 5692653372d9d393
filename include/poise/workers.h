// Processes that share the rows of a solve: each makes its part of every pass, and all have the same bits as one alone.
//
// One process, the driver, reads the rows, deals them out once and runs the solver; its workers answer what it asks.
// How their messages travel is for a Channel to know: MPI (src/cli/mpi.h) has one, a pair of sockets another. Where a
// scheduler decides which process works next (Dask), there is a TaskChannel and a RowServer.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "poise/schema.h"

namespace poise {

struct Dataset;

/// A way to one other process, for whole messages of any size, in order.
class Channel {
 public:
  virtual ~Channel() = default;

  /// Both throw Error(kIo) if the other end is gone.
  virtual void send(std::string_view message) = 0;
  virtual std::string receive() = 0;
};

/// What a driver has: a channel to every worker. It works on rows, too.
struct Workers {
  std::vector<std::unique_ptr<Channel>> channels;

  /// Tells all that nothing more will be asked: their serve_rows returns.
  void end();
};

/// A worker: answers what the driver asks about the rows that it deals out, with as many threads as the driver, until
/// it ends. What fails is the answer to the driver, which throws it.
void serve_rows(Channel& driver);

/// The same with rows of its own, dense and with labels or targets, about which a driver asks that has none.
void serve_rows(Channel& driver, const Dataset& own);

/// The rows that all workers have, one behind the other, for fit_softmax with the same workers: labels, weights, and
/// features that are elsewhere. The schema is the first one's; Error(kData) where another's classes or features differ.
/// Bits are those of the same rows in one process where workers' rows begin where its chunks do (chunk_bounds; a notice
/// says where they do not), and unless rows of two or three classes are mostly zeros. The penalty has to be above 0:
/// other proofs read the rows.
Dataset rows_of(Workers& workers);

/// Where chunks of n dense rows of d features begin, and n: workers whose rows begin there have the bits of one
/// process.
std::vector<Index> chunk_bounds(Index rows, Index features);

/// Rows of a process that runs tasks for others: answers what a TaskChannel asks. It knows what it was told as long as
/// it lives; one with the same rows, in another process, is told it anew.
class RowServer {
 public:
  /// `threads`: of this process; 0: as many as the driver says.
  explicit RowServer(Dataset own, int threads = 0);
  ~RowServer();
  RowServer(const RowServer&) = delete;
  RowServer& operator=(const RowServer&) = delete;

  /// The result of a task, for TaskChannel::result. Threads wait for each other.
  std::string run(std::string_view task);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// A channel to rows that may be in another process with every message, as they are where a scheduler places tasks,
/// moves rows, and makes them anew where a process has died. The rows have to be the processes' own.
class TaskChannel : public Channel {
 public:
  TaskChannel();
  ~TaskChannel() override;
  TaskChannel(const TaskChannel&) = delete;
  TaskChannel& operator=(const TaskChannel&) = delete;

  void send(std::string_view message) final;
  std::string receive() final;

 protected:
  /// Begins RowServer::run(task) wherever the rows are.
  virtual void submit(std::string_view task) = 0;
  /// What it returned.
  virtual std::string result() = 0;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Two channels to each other, over a pair of sockets: for processes of one machine that come of a fork.
std::pair<std::unique_ptr<Channel>, std::unique_ptr<Channel>> socket_channels();

}  // namespace poise
