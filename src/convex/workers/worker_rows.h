// Rows dealt out to workers: each passes over its own chunks, and this process over the first ones.
#pragma once

#include <span>
#include <vector>

#include "convex/pass/local_rows.h"
#include "poise/workers.h"

namespace poise::inline convex {

class WorkerRows : public RowOwner {
 public:
  /// `problem` and `workers` must outlive it. Where there are fewer chunks than processes, some have nothing to do.
  WorkerRows(const Problem& problem, int threads, std::uint64_t memory, Workers& workers);
  ~WorkerRows() override;
  WorkerRows(const WorkerRows&) = delete;
  WorkerRows& operator=(const WorkerRows&) = delete;

  Sums ask(const Request& request) override;
  Problem rows_at(std::span<const Index> rows) override { return pick_rows(problem_, rows); }
  const ChunkGrid& grid() const override { return own_->grid(); }
  void stop_when(std::function<bool()> stop) override { own_->stop_when(std::move(stop)); }

 private:
  const Problem& problem_;
  std::uint32_t number_;
  std::span<const std::unique_ptr<Channel>> busy_;  // workers with rows
  Problem own_problem_;
  std::unique_ptr<LocalRows> own_;
};

}  // namespace poise::inline convex
