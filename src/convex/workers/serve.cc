// A worker's side.
#include <functional>
#include <new>
#include <optional>
#include <utility>

#include "convex/workers/protocol.h"

namespace poise::inline convex {
namespace {

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

/// What `write_answer` has written, or what it has thrown.
std::string answer_of(const std::function<void(MessageWriter&)>& write_answer) {
  MessageWriter found;
  if (const std::optional<Error> failed = error_of([&] { write_answer(found); })) {
    found = MessageWriter();
    write(*failed, found);
  }
  return found.take();
}

}  // namespace

std::optional<std::string> Server::answer(std::string_view message, Channel* rest) {
  MessageReader from(message);
  const auto saying = from.get<Saying>();
  if (saying == Saying::kJoin) return answer_of([&](MessageWriter& to) { write_all_but_features(own(), to); });
  if (saying == Saying::kRows) return std::nullopt;  // of a problem that could not be taken
  const auto number = from.get<std::uint32_t>();
  if (saying == Saying::kClose) {
    opened_.erase(number);
    return std::nullopt;
  }
  Opened& opened = opened_[number];
  switch (saying) {
    case Saying::kOpen:
      opened.failed = error_of([&] { open(opened, receive_rows(from, *rest)); });
      return std::nullopt;
    case Saying::kOpenOwn:
      opened.failed = error_of([&] { open(opened, open_own(from, own())); });
      return std::nullopt;
    case Saying::kUnits:
      if (opened.failed) return std::nullopt;
      opened.rows->problem->units = {from.get_all<double>(), from.get_all<double>()};
      make_owner(opened);
      return std::nullopt;
    default:
      return answer_about(saying, from, opened);
  }
}

void Server::open(Opened& opened, OpenedRows rows) const {
  opened.rows = std::move(rows);
  make_owner(opened);
}

void Server::make_owner(Opened& opened) const {
  const auto& [problem, share, means] = *opened.rows;
  opened.owner = std::make_unique<LocalRows>(*problem, threads_ > 0 ? threads_ : means.threads, means.memory, share);
}

std::string Server::answer_about(Saying saying, MessageReader& from, Opened& opened) {
  return answer_of([&](MessageWriter& to) {
    if (opened.failed) throw Error(*opened.failed);
    require(opened.owner != nullptr, "a request about rows that were not dealt out", "those that were");
    if (saying == Saying::kFetch) return write_features(opened.rows->problem->features, from.get_all<Index>(), to);
    write(opened.owner->sums(read_request(from)->request), to);
  });
}

const Dataset& Server::own() const {
  require(own_ != nullptr, "a worker without rows of its own", "one that has some");
  return *own_;
}

namespace {

bool is_end(std::string_view message) { return MessageReader(message).get<Saying>() == Saying::kEnd; }

void serve(Channel& driver, const Dataset* own) try {
  Server server(own);
  for (std::string message; !is_end(message = driver.receive());) {
    if (const std::optional<std::string> answer = server.answer(message, &driver)) driver.send(*answer);
  }
} catch (const Ended&) {  // while it waited for rows
}

}  // namespace

}  // namespace poise::inline convex

namespace poise {

void serve_rows(Channel& driver) { serve(driver, nullptr); }

void serve_rows(Channel& driver, const Dataset& own) { serve(driver, &own); }

void Workers::end() {
  MessageWriter ending;
  ending.put(Saying::kEnd);
  const std::string message = ending.take();
  for (const auto& channel : channels) channel->send(message);
}

}  // namespace poise
