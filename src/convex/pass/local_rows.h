// Rows that this process has.
#pragma once

#include <optional>
#include <vector>

#include "convex/pass/probabilities.h"
#include "convex/pass/row_owner.h"

namespace poise::inline convex {

class LocalRows : public RowOwner {
 public:
  /// `problem` must outlive it. `memory`: bytes that may stay in memory, see Probabilities. `share`: see PassEngine.
  LocalRows(const Problem& problem, int threads, std::uint64_t memory,
            const std::optional<Share>& share = std::nullopt);

  Sums ask(const Request& request) override { return sums(request).root(); }
  /// Of the rows that are here.
  TreeSum<Sums> sums(const Request& request);
  Problem rows_at(std::span<const Index> rows) override { return pick_rows(problem_, rows); }
  const ChunkGrid& grid() const override { return engine_.grid(); }
  void stop_when(Stop stop) override { engine_.stop_when(std::move(stop)); }

  const Problem& problem() const { return problem_; }
  const PassEngine& engine() const { return engine_; }
  /// p_ic at the point of the last value, float32.
  float probability(Index row, Index class_id) const { return *probabilities_from(row, class_id); }
  /// Those of one class, of `row` and the rows after it up to the end of its block (PassEngine::block_rows).
  const float* probabilities_from(Index row, Index class_id) const { return probabilities_.from(row, class_id); }
  /// The probabilities of the block of this row were read.
  void touched_probabilities(Index row) const { probabilities_.touched(row / engine_.block_rows()); }
  /// As kHessian, with `probabilities` (n×K) in place of those that are kept.
  TreeSum<Sums> hessian_blocks(const Matrix& probabilities, const Stop& stop);

 private:
  TreeSum<Sums> answer(const Request& request);
  TreeSum<Sums> hessian_blocks(const Matrix* probabilities) const;
  template <typename Real>
  TreeSum<Sums> value(const Request& request);
  TreeSum<Sums> targets() const;
  TreeSum<Sums> targets_of_labels() const;
  TreeSum<Sums> sizes() const;
  using NumbersOf = std::function<std::vector<double>(const Features& rows, std::span<const double> weights)>;
  TreeSum<Sums> list_of(const NumbersOf& of_rows) const;

  // local_curvature.cc
  TreeSum<Sums> product(const Request& request) const;
  TreeSum<Sums> along(const Parameters& v) const;
  TreeSum<Sums> diagonal() const;
  TreeSum<Sums> moment(const Parameters& v) const;
  TreeSum<Sums> biases() const;
  TreeSum<Sums> curvature(const Vector& tau) const;
  TreeSum<Sums> drawn(const Vector& tau, std::uint64_t seed) const;
  /// use(first row, w = s p(1 − p) of the block's rows, K×rows, sums) for every block.
  using UseCurvatures = std::function<void(Index first, const Matrix& curvatures, Sums& sums)>;
  TreeSum<Sums> for_curvatures(Index numbers, const UseCurvatures& use) const;

  // local_dual_point.cc
  TreeSum<Sums> dual_point(const Request& request) const;

  Index classes() const { return problem_.classes; }
  double weight(Index row) const { return problem_.row_weight[row]; }

  const Problem& problem_;
  PassEngine engine_;
  Probabilities probabilities_;
  Index first_row_;  // of all
};

}  // namespace poise::inline convex
