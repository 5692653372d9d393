#include "convex/memory.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/memory.h"
#include "base/words.h"
#include "convex/preconditioner/preconditioner.h"
#include "poise/error.h"

namespace poise::inline convex {
namespace {

/// Bytes that a solve needs beside the data: of parameters, of rows, of rows times classes where they cannot be kept on
/// the disk, of the preconditioner, and of the data's copy by features.
double bytes_wanted(const Dataset& data) {
  constexpr double kPerParameter = 250;  // state, gradient, trial, history and their temporaries
  constexpr double kPerRow = 32;         // its weight, also while that is made, and its label
  const double n = static_cast<double>(data.rows()), parameters = static_cast<double>(data.features.cols() + 1),
               classes = static_cast<double>(data.schema.class_count());
  double of_row_and_class = data.labels.empty() ? 8 : 0;  // the problem's own targets
  const double gram = 4 * classes * parameters * parameters;
  double preconditioner = data.features.cols() < kMaxGramFeatures ? gram : 0, copy = 0;
  if (const CsrView* sparse = data.features.sparse()) {
    const double entries = static_cast<double>(sparse->entries()), drawn = std::min<double>(n, kLowRankRows);
    of_row_and_class += 12;  // p in float32, residuals in float64
    preconditioner = data.features.cols() < kMaxSparseGramFeatures
                         ? gram
                         : classes * drawn * (4 * kLowRank + 8 * (entries / std::max(n, 1.0) + 1));
    copy = (sparse->doubles.empty() ? 8 : 12) * entries;
  }
  return kPerParameter * parameters * classes + (kPerRow + of_row_and_class * classes) * n + preconditioner + copy;
}

}  // namespace

bool affords_exact_point(const Problem& problem, std::uint64_t memory) {
  if (problem.features.is_elsewhere()) return false;
  constexpr double kFew = 1.6e7;
  const double bytes = 8 * static_cast<double>(problem.rows()) * static_cast<double>(problem.classes + 4);
  return bytes <= kFew || bytes <= 0.5 * memory_allowed(memory);
}

void check_memory(const Dataset& data, std::uint64_t memory) {
  const double wanted = bytes_wanted(data);
  const double have = memory > 0 ? static_cast<double>(memory) : memory_of_machine();
  if (wanted > have) {
    throw Error(ErrorKind::kResource,
                fmt::format("{}, {} and {} need about {:.1f} GB", counted(data.rows(), "row"),
                            counted(data.features.cols(), "feature"),
                            counted(data.schema.class_count(), "class", "classes"), wanted / 1e9),
                fmt::format("at most the {:.1f} GB {}", have / 1e9, memory > 0 ? "allowed" : "of this machine"),
                data.features.is_sparse() ? "number the features that occur consecutively, or hash them" : "");
  }
}

}  // namespace poise::inline convex
