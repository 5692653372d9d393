// Messages as tasks, each of which may run in another process than the one before it.
//
// A task is a message with the numbers of all messages before it on which its answer rests: that which opened the
// problem, the units, and the evaluation whose probabilities are asked about. With a number goes its message, unless a
// server has heard it; one that has not says so, and gets the same task with all of them.
#include <algorithm>
#include <mutex>
#include <random>
#include <unordered_set>
#include <utility>

#include "convex/workers/protocol.h"

namespace poise {
namespace {

enum class TaskOutcome : std::uint8_t { kAnswered, kHasNotHeard };

/// No two drivers' messages have the same number: a server may have answered others before.
std::uint64_t first_number() {
  std::random_device random;
  return std::uint64_t{random()} << 32;
}

}  // namespace

struct TaskChannel::State {
  /// What a message is to those behind it. Every answer rests on those of a smaller role.
  enum class Role : std::uint8_t { kOpens, kGivesUnits, kEvaluates, kNone };

  struct Said {
    std::uint64_t number = 0;
    Saying saying = Saying::kJoin;
    std::uint32_t about = 0;  // the problem
    Role role = Role::kNone;
    std::string message;
    bool was_heard = false;
  };

  std::uint64_t next_number = first_number();
  std::vector<Said> said;            // on which answers rest, in this order
  std::vector<std::string> closing;  // not said yet
  Said asked;

  Said read(std::string_view message) {
    MessageReader from(message);
    Said one{.number = next_number++, .saying = from.get<Saying>(), .message = std::string(message)};
    if (one.saying == Saying::kJoin || one.saying == Saying::kEnd) return one;
    require(one.saying != Saying::kOpen && one.saying != Saying::kRows, "rows dealt out to tasks",
            "tasks about rows that are where they run");
    one.about = from.get<std::uint32_t>();
    if (one.saying == Saying::kOpenOwn) one.role = Role::kOpens;
    if (one.saying == Saying::kUnits) one.role = Role::kGivesUnits;
    if (one.saying == Saying::kAsk) {
      const auto question = from.get<Question>();
      if (question == Question::kValue || question == Question::kGradient) one.role = Role::kEvaluates;
    }
    return one;
  }

  /// In place of those of its role, and of those that rested on them.
  void remember(Said one) {
    std::erase_if(said, [&](const Said& old) { return old.about == one.about && old.role >= one.role; });
    said.push_back(std::move(one));
  }

  bool is_needed(const Said& one) const {
    return asked.saying != Saying::kJoin && one.about == asked.about && one.role < asked.role;
  }

  std::string task(bool with_all) const {
    MessageWriter to;
    to.put(static_cast<std::uint64_t>(std::ranges::count_if(said, [&](const Said& one) { return is_needed(one); })));
    for (const Said& one : said) {
      if (!is_needed(one)) continue;
      to.put(one.number);
      to.put_text(with_all || !one.was_heard ? std::string_view(one.message) : std::string_view());
    }
    to.put(static_cast<std::uint64_t>(closing.size()));
    for (const std::string& message : closing) to.put_text(message);
    to.put(asked.number);
    to.put_text(asked.message);
    return to.take();
  }

  void was_answered() {
    for (Said& one : said) one.was_heard |= is_needed(one);
    closing.clear();
    if (asked.role != Role::kEvaluates) return;
    asked.was_heard = true;
    remember(std::move(asked));
  }
};

TaskChannel::TaskChannel() : state_(std::make_unique<State>()) {}

TaskChannel::~TaskChannel() = default;

void TaskChannel::send(std::string_view message) {
  State::Said said = state_->read(message);
  switch (said.saying) {
    case Saying::kEnd:
      return;
    case Saying::kClose:
      std::erase_if(state_->said, [&](const State::Said& one) { return one.about == said.about; });
      state_->closing.push_back(std::move(said.message));
      return;
    case Saying::kOpenOwn:
    case Saying::kUnits:
      return state_->remember(std::move(said));
    default:
      state_->asked = std::move(said);
      submit(state_->task(false));
  }
}

std::string TaskChannel::receive() {
  for (bool was_told_all = false;; was_told_all = true) {
    const std::string found = result();
    MessageReader from(found);
    if (from.get<TaskOutcome>() == TaskOutcome::kAnswered) {
      state_->was_answered();
      return from.get_text();
    }
    require(!was_told_all, "a worker that has not heard what it was told", "one of the same version of Poise");
    submit(state_->task(true));
  }
}

struct RowServer::State {
  State(Dataset rows, int threads) : own(std::move(rows)), server(&own, threads) {}

  Dataset own;
  Server server;
  std::unordered_set<std::uint64_t> heard;
  std::mutex mutex;
};

RowServer::RowServer(Dataset own, int threads) : state_(std::make_unique<State>(std::move(own), threads)) {}

RowServer::~RowServer() = default;

std::string RowServer::run(std::string_view task) {
  const std::lock_guard lock(state_->mutex);
  Server& server = state_->server;
  MessageReader from(task);
  MessageWriter to;
  for (auto left = from.get<std::uint64_t>(); left > 0; --left) {
    const auto number = from.get<std::uint64_t>();
    const std::string message = from.get_text();
    if (state_->heard.contains(number)) continue;
    if (message.empty()) {
      to.put(TaskOutcome::kHasNotHeard);
      return to.take();
    }
    (void)server.answer(message, nullptr);
    state_->heard.insert(number);
  }
  for (auto left = from.get<std::uint64_t>(); left > 0; --left) (void)server.answer(from.get_text(), nullptr);
  const auto number = from.get<std::uint64_t>();
  const std::optional<std::string> answer = server.answer(from.get_text(), nullptr);
  state_->heard.insert(number);
  to.put(TaskOutcome::kAnswered);
  to.put_text(answer.value_or(""));
  return to.take();
}

}  // namespace poise
