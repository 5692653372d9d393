#include "thermo/states/hidden_states.h"

#include <algorithm>
#include <numeric>

#include "poise/error.h"
#include "thermo/states/forward_noise.h"

namespace poise::thermo {
namespace {

constexpr double kAtRest = 1e-14;  // squared length of ∇ℋ where it counts as 0: half of it is missing of ℋ(s*)

}  // namespace

HiddenStates hidden_states(const std::vector<Layer>& layers, const Matrix& inputs, const Matrix& targets,
                           double temperature, int draws, std::uint64_t seed, int threads) {
  if (layers.size() != 2 || !(temperature > 0) || draws < 2 || inputs.rows() < 1) {
    throw Error(ErrorKind::kUsage, "hidden states of another network than one of one hidden layer, or of one draw",
                "two layers, rows, a positive temperature and two draws or more");
  }
  const MemoryRows rows(inputs, targets);
  const Index n = rows.size(), classes = targets.cols();
  const ForwardNoise noise(layers, {temperature}, draws, seed);
  Vector ground_loss(n), complexity(n);
  std::vector<RowEnsemble> ensembles{RowEnsemble(n, draws)};
  for_each_block(rows, rows_of_stacks(std::max<Index>(classes, draws)), threads, [&](const RowBlock& block) {
    const Matrix first = preactivation(layers[0], block.inputs);
    const RelaxedStates relaxed = relax(layers, first, block.targets, kAtRest);
    ground_loss.segment(block.first, block.size()) = relaxed.energy;
    for (Index i = 0; i < block.size(); ++i)
      complexity[block.first + i] = complexity_of_row(relaxed.jacobian, i, classes);
    std::vector<Index> numbers(block.size());
    std::iota(numbers.begin(), numbers.end(), block.first);
    noise.measure(first, block, numbers, ensembles);
  });
  const RowEnsemble& ensemble = ensembles.front();
  const Vector weight = Vector::Constant(n, 1 / static_cast<double>(n));
  return {temperature,
          ground_loss.mean(),
          complexity.mean(),
          ensemble_mean(weight, ensemble, kFreeEnergy),
          ensemble_mean_energy(weight, ensemble),
          ensemble_mean(weight, ensemble, kEntropy)};
}

}  // namespace poise::thermo
