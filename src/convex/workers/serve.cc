// A worker's side.
#include <map>
#include <new>
#include <optional>

#include "convex/workers/protocol.h"

namespace poise {
namespace {

/// Rows dealt out, or why they could not be taken.
struct Dealt {
  std::optional<OpenedRows> opened;
  std::unique_ptr<LocalRows> rows;
  std::optional<Error> failed;

  void begin() {
    const Means& means = opened->means;
    rows = std::make_unique<LocalRows>(*opened->problem, means.threads, means.memory, opened->share);
  }
};

/// What is thrown by `work`, as an Error.
template <typename Work>
std::optional<Error> error_of(const Work& work) {
  try {
    work();
    return std::nullopt;
  } catch (const Error& error) {
    return error;
  } catch (const std::bad_alloc&) {
    return Error(ErrorKind::kResource, "a worker is out of memory", "more of it, or more workers");
  }
}

class Server {
 public:
  Server(Channel& driver, const Dataset* own) : driver_(driver), own_(own) {}

  /// False at the end.
  bool answer_next() try {
    const std::string message = driver_.receive();
    MessageReader from(message);
    const auto saying = from.get<Saying>();
    if (saying == Saying::kEnd) return false;
    if (saying == Saying::kRows) return true;  // of a problem that could not be taken
    if (saying == Saying::kJoin) {
      answer([&](MessageWriter& to) { write_all_but_features(own(), to); });
      return true;
    }
    const auto number = from.get<std::uint32_t>();
    if (saying == Saying::kClose) return dealt_.erase(number), true;
    take(saying, from, dealt_[number]);
    return true;
  } catch (const Ended&) {
    return false;
  }

 private:
  void take(Saying saying, MessageReader& from, Dealt& dealt) {
    switch (saying) {
      case Saying::kOpen:
      case Saying::kOpenOwn:
        dealt.failed = error_of([&] {
          dealt.opened = saying == Saying::kOpen ? receive_rows(from, driver_) : open_own(from, own());
          dealt.begin();
        });
        return;
      case Saying::kUnits:
        if (dealt.failed) return;
        dealt.opened->problem->units = {from.get_all<double>(), from.get_all<double>()};
        return dealt.begin();
      case Saying::kFetch:
        return answer([&](MessageWriter& to) {
          check(dealt);
          write_features(dealt.opened->problem->features, from.get_all<Index>(), to);
        });
      default:
        answer([&](MessageWriter& to) {
          check(dealt);
          write(dealt.rows->sums(read_request(from)->request), to);
        });
    }
  }

  const Dataset& own() const {
    require(own_ != nullptr, "a worker without rows of its own", "one that has some");
    return *own_;
  }

  static void check(const Dealt& dealt) {
    if (dealt.failed) throw Error(*dealt.failed);
    require(dealt.rows != nullptr, "a request about rows that were not dealt out", "those that were");
  }

  template <typename Write>
  void answer(const Write& write_answer) {
    MessageWriter found;
    if (const std::optional<Error> failed = error_of([&] { write_answer(found); })) {
      found = MessageWriter();
      write(*failed, found);
    }
    driver_.send(found.take());
  }

  Channel& driver_;
  const Dataset* own_;
  std::map<std::uint32_t, Dealt> dealt_;
};

void serve(Server server) {
  while (server.answer_next()) {
  }
}

}  // namespace

void serve_rows(Channel& driver) { serve({driver, nullptr}); }

void serve_rows(Channel& driver, const Dataset& own) { serve({driver, &own}); }

void Workers::end() {
  MessageWriter ending;
  ending.put(Saying::kEnd);
  const std::string message = ending.take();
  for (const auto& channel : channels) channel->send(message);
}

}  // namespace poise
