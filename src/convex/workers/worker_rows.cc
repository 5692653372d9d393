#include "convex/workers/worker_rows.h"

#include <algorithm>
#include <atomic>
#include <exception>

#include "base/index.h"
#include "convex/workers/protocol.h"

namespace poise::inline convex {
namespace {

std::uint32_t next_number() {
  static std::atomic<std::uint32_t> number{0};
  return number++;
}

}  // namespace

WorkerRows::WorkerRows(const Problem& problem, int threads, std::uint64_t memory, Workers& workers)
    : problem_(problem), number_(next_number()) {
  Share share = PassEngine::whole(problem, threads);
  const ChunkGrid& grid = share.grid;
  // Products of sparse rows are sums over sections, which nobody divides.
  const Index units = problem.features.is_sparse() ? grid.sections : grid.chunks, of_unit = grid.chunks / units;
  const Index owners = std::min<Index>(std::ssize(workers.channels) + 1, units);
  busy_ = std::span(workers.channels).first(owners - 1);
  const auto part = [&](Index owner) {
    share.chunks = {part_begin(units, owners, owner) * of_unit, part_begin(units, owners, owner + 1) * of_unit};
    const Index first = grid.begin(share.chunks.first);
    return slice_rows(problem, first, grid.begin(share.chunks.end) - first);
  };
  for (Index owner = 1; owner < owners; ++owner) {
    const Problem rows = part(owner);
    send_rows(*busy_[owner - 1], number_, rows, share, {threads, memory});
  }
  own_problem_ = part(0);
  own_ = std::make_unique<LocalRows>(own_problem_, threads, memory, share);
}

WorkerRows::~WorkerRows() {
  for (const auto& channel : busy_) {
    try {
      MessageWriter closing;
      closing.put(Saying::kClose), closing.put(number_);
      channel->send(closing.take());
    } catch (const std::exception&) {  // it is gone, and with it what it had
    }
  }
}

Sums WorkerRows::ask(const Request& request) {
  MessageWriter message;
  message.put(Saying::kAsk), message.put(number_);
  write(request, message);
  const std::string asked = message.take();
  for (const auto& channel : busy_) channel->send(asked);
  TreeSum<Sums> tree(grid().chunks);
  std::exception_ptr failed;
  const auto attempt = [&](const auto& part) {
    try {
      part();
    } catch (...) {  // the answers that are still to come belong to this request
      if (!failed) failed = std::current_exception();
    }
  };
  attempt([&] {
    TreeSum<Sums> own = own_->sums(request);
    for (auto& [node, sums] : own.parts()) tree.add(node, std::move(sums));
  });
  for (const auto& channel : busy_) attempt([&] { read_answer(channel->receive(), tree); });
  if (failed) std::rethrow_exception(failed);
  return tree.root();
}

}  // namespace poise::inline convex
