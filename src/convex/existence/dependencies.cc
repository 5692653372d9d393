#include "convex/existence/dependencies.h"

#include "convex/existence/null_space.h"

namespace poise::inline convex {

std::vector<Index> dependent_columns(const ExactRows& rows, std::span<const Index> counted,
                                     std::span<const Index> columns) {
  const Index d = rows.cols();
  std::vector<Index> place(d + 1, -1);
  for (std::size_t k = 0; k < columns.size(); ++k) place[columns[k]] = static_cast<Index>(k);
  const LinearSystem system{static_cast<Index>(columns.size()), static_cast<Index>(counted.size()),
                            [&](Index equation, std::vector<Term>& terms) {
                              terms.clear();
                              rows.for_each(counted[equation], [&](Index j, double value) {
                                const Index at = place[j];
                                if (at >= 0 && value != 0) terms.push_back({at, value});
                              });
                              if (const Index at = place[d]; at >= 0) terms.push_back({at, 1.0});
                            }};
  const NullSpace solutions = null_space(system, Bind::kFirst, kMostPrimes, rows.stop());
  std::vector<Index> dependent;
  if (!solutions.proven()) return dependent;
  for (Index free : solutions.free_unknowns) dependent.push_back(columns[free]);
  return dependent;
}

}  // namespace poise::inline convex
