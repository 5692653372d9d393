// Sums of chunks of rows along one fixed tree: the same bits for any number of threads, and of owners of the rows.
#pragma once

#include <algorithm>
#include <bit>
#include <mutex>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/index.h"

namespace poise::inline base {

/// Chunks [first, end). Its sum is that of its first half plus that of the rest; the half is the largest power of two
/// below their number.
struct TreeNode {
  Index first = 0, end = 0;

  bool operator==(const TreeNode&) const = default;
  bool is_leaf() const { return end - first == 1; }
  Index middle() const { return first + static_cast<Index>(std::bit_floor(static_cast<std::size_t>(end - first - 1))); }
};

/// What is known of the tree's sums; a node is there as soon as what it is made of is. `Sum` has +=.
template <typename Sum>
class TreeSum {
 public:
  struct Part {
    TreeNode node;
    Sum sum;
  };

  explicit TreeSum(Index chunks) : root_{0, chunks} {}
  TreeSum(TreeSum&& other) noexcept : root_(other.root_), parts_(std::move(other.parts_)) {}
  TreeSum& operator=(TreeSum&&) = delete;

  /// The sum of a node. From any thread; additions are made by the threads that come last.
  void add(TreeNode node, Sum sum) {
    while (!(node == root_)) {
      const auto [parent, other] = around(node);
      std::optional<Sum> found = take(other, node, sum);
      if (!found) return;
      if (other.first < node.first) std::swap(*found, sum);
      sum += *found;
      node = parent;
    }
    const std::lock_guard lock(mutex_);
    parts_.push_back({node, std::move(sum)});
  }

  /// The sums that are there, of as few nodes as there can be, by their first chunks.
  std::vector<Part> parts() {
    std::ranges::sort(parts_, {}, [](const Part& part) { return part.node.first; });
    return std::move(parts_);
  }
  /// Whether all chunks are in.
  bool is_complete() const { return parts_.size() == 1 && parts_.front().node == root_; }
  /// Their sum, if they are.
  Sum root() { return std::move(parts_.front().sum); }

 private:
  /// The node above, and the other one below that.
  std::pair<TreeNode, TreeNode> around(TreeNode node) const {
    TreeNode above = root_;
    while (true) {
      const TreeNode left{above.first, above.middle()}, right{above.middle(), above.end};
      if (node == left) return {above, right};
      if (node == right) return {above, left};
      above = node.first < left.end ? left : right;
    }
  }

  /// The sum of `wanted`; if it is not there, `sum` is kept as that of `node`.
  std::optional<Sum> take(TreeNode wanted, TreeNode node, Sum& sum) {
    const std::lock_guard lock(mutex_);
    const auto found = std::ranges::find(parts_, wanted, &Part::node);
    if (found == parts_.end()) {
      parts_.push_back({node, std::move(sum)});
      return std::nullopt;
    }
    std::optional<Sum> taken(std::move(found->sum));
    std::swap(*found, parts_.back());
    parts_.pop_back();
    return taken;
  }

  TreeNode root_;
  std::mutex mutex_;
  std::vector<Part> parts_;
};

}  // namespace poise::inline base
