// What a driver says to its workers, and what they answer.
//
//   kOpen number, share, problem without features;  then its features, kRows each;   no answer
//   kAsk number, request                                                             answer: sums of the worker's nodes
// Of workers that have rows of their own:
//   kJoin                                                                            answer: all of them but the
//   features kOpenOwn number, share, weights, classes, smoothing                              no answer kUnits number,
//   units of the features                                             no answer kFetch number, rows answer: their
//   features
// kClose number, kEnd                                                                no answer
// An answer begins with whether it is one; else it is an Error. What goes wrong with rows is the answer to the first
// request.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "convex/pass/local_rows.h"
#include "convex/workers/message.h"
#include "poise/error.h"
#include "poise/workers.h"

namespace poise::inline convex {

enum class Saying : std::uint8_t { kJoin, kOpen, kOpenOwn, kUnits, kFetch, kRows, kAsk, kClose, kEnd };

/// A request with what it points to.
struct OwnedRequest {
  Request request;
  Parameters first, second;
};

void write(const Request& request, MessageWriter& to);
std::unique_ptr<OwnedRequest> read_request(MessageReader& from);

void write(TreeSum<Sums> sums, MessageWriter& to);
void write(const Error& error, MessageWriter& to);
/// The sums of an answer, put into `tree`; throws what the worker has thrown.
void read_answer(std::string_view answer, TreeSum<Sums>& tree);

/// What a process may use for its passes, as in SolveOptions.
struct Means {
  int threads = 0;
  std::uint64_t memory = 0;
};

/// kOpen. Rows go in pieces of some megabytes, so that neither side needs room for them twice.
void send_rows(Channel& to, std::uint32_t number, const Problem& rows, const Share& share, const Means& means);
struct OpenedRows {
  std::unique_ptr<Problem> problem;  // stays where it is
  Share share;
  Means means;
};
/// The rest of it; of rows beyond what the memory allows a nameless file is made. Throws Ended if that is said instead.
struct Ended {};
OpenedRows receive_rows(MessageReader& opening, Channel& from);

/// Of a worker's own rows: kOpenOwn, and what it makes of that.
void send_opening(Channel& to, std::uint32_t number, const Problem& rows, const Share& share, const Means& means);
OpenedRows open_own(MessageReader& opening, const Dataset& own);

/// The answers to kJoin and kFetch.
void write_all_but_features(const Dataset& own, MessageWriter& to);
void write_features(const Features& x, const std::vector<Index>& rows, MessageWriter& to);
/// What an answer has, behind its beginning; throws what the worker has thrown.
MessageReader read_beginning(std::string_view answer);

/// A worker's side.
class Server {
 public:
  /// `own` (may be null) must outlive it. `threads`: 0: as many as the driver says.
  explicit Server(const Dataset* own, int threads = 0) : own_(own), threads_(threads) {}

  /// The answer to a message that is not kEnd, if there is one. `rest`: where the pieces of rows come from.
  std::optional<std::string> answer(std::string_view message, Channel* rest);

 private:
  /// Rows of a problem, or why they could not be taken.
  struct Opened {
    std::optional<OpenedRows> rows;
    std::unique_ptr<LocalRows> owner;
    std::optional<Error> failed;
  };

  void open(Opened& opened, OpenedRows rows) const;
  void make_owner(Opened& opened) const;
  std::string answer_about(Saying saying, MessageReader& from, Opened& opened);
  const Dataset& own() const;

  const Dataset* own_;
  int threads_;
  std::map<std::uint32_t, Opened> opened_;
};

/// What makes the bits of sums: the version of these messages, of the tool, and the processor's instructions.
std::string arithmetic_of_process();

}  // namespace poise::inline convex
