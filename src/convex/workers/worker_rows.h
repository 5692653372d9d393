// Rows that several processes have: each passes over its own chunks.
#pragma once

#include <span>
#include <vector>

#include "convex/pass/local_rows.h"
#include "poise/workers.h"

namespace poise::inline convex {

class WorkerRows : public RowOwner {
 public:
  /// `workers` must outlive it. Rows that are here are dealt out: this process passes over the first chunks, and where
  /// there are fewer chunks than processes, some have nothing to do. Of rows that are elsewhere the workers have all;
  /// their units are the file's until choose_units.
  WorkerRows(const Problem& problem, int threads, std::uint64_t memory, Workers& workers);
  ~WorkerRows() override;
  WorkerRows(const WorkerRows&) = delete;
  WorkerRows& operator=(const WorkerRows&) = delete;

  Sums ask(const Request& request) override;
  Problem rows_at(std::span<const Index> rows) override;
  const ChunkGrid& grid() const override { return share_.grid; }
  void stop_when(Stop stop) override;

  /// The problem has moved, and may have other units now: `its` must outlive this.
  void is_about(const Problem& its);

 private:
  void deal_out(int threads, std::uint64_t memory, Workers& workers);
  void open_rows_of_workers(int threads, std::uint64_t memory, Workers& workers);

  const Problem* problem_;
  std::uint32_t number_;
  Share share_;                 // of all rows
  std::vector<Channel*> busy_;  // workers with rows
  Problem own_problem_;
  std::unique_ptr<LocalRows> own_;  // null: this process has none
  std::vector<Index> first_rows_;   // of those elsewhere: the busy ones', and n
  Stop stop_;
};

/// Moments of the columns of data that are elsewhere.
ColumnMoments moments_of(RowOwner& rows, const Features& x);

}  // namespace poise::inline convex
