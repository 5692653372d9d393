// Processes that share the rows of a solve: each makes its part of every pass, and all have the same bits as one alone.
//
// One process, the driver, reads the rows, deals them out once and runs the solver; its workers answer what it asks.
// How their messages travel is for a Channel to know: MPI (src/cli/mpi.h) has one, a pair of sockets another.
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
/// Bits are those of the same rows in one process where workers' rows begin where its chunks do (chunk_bounds), and
/// unless rows of two or three classes are mostly zeros. The penalty has to be above 0: other proofs read the rows.
Dataset rows_of(Workers& workers);

/// Where chunks of n dense rows of d features begin, and n: workers whose rows begin there have the bits of one
/// process.
std::vector<Index> chunk_bounds(Index rows, Index features);

/// Two channels to each other, over a pair of sockets: for processes of one machine that come of a fork.
std::pair<std::unique_ptr<Channel>, std::unique_ptr<Channel>> socket_channels();

}  // namespace poise
