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

/// False at the end.
bool answer_next(Channel& driver, std::map<std::uint32_t, Dealt>& dealt) try {
  const std::string message = driver.receive();
  MessageReader from(message);
  const auto saying = from.get<Saying>();
  if (saying == Saying::kEnd) return false;
  if (saying == Saying::kRows) return true;  // of a problem that could not be taken
  const auto number = from.get<std::uint32_t>();
  Dealt& rows = dealt[number];
  if (saying == Saying::kClose) {
    dealt.erase(number);
  } else if (saying == Saying::kOpen) {
    rows.failed = error_of([&] {
      rows.opened = receive_rows(from, driver);
      const auto& [threads, memory] = rows.opened->means;
      rows.rows = std::make_unique<LocalRows>(*rows.opened->problem, threads, memory, rows.opened->share);
    });
  } else if (saying == Saying::kAsk) {
    MessageWriter answer;
    const std::optional<Error> failed = rows.failed ? rows.failed : error_of([&] {
      require(rows.rows != nullptr, "a request about rows that were not dealt out", "those that were");
      write(rows.rows->sums(read_request(from)->request), answer);
    });
    if (failed) write(*failed, answer = MessageWriter());
    driver.send(answer.take());
  }
  return true;
} catch (const Ended&) {
  return false;
}

}  // namespace

void serve_rows(Channel& driver) {
  std::map<std::uint32_t, Dealt> dealt;
  while (answer_next(driver, dealt)) {
  }
}

void Workers::end() {
  MessageWriter ending;
  ending.put(Saying::kEnd);
  const std::string message = ending.take();
  for (const auto& channel : channels) channel->send(message);
}

}  // namespace poise
