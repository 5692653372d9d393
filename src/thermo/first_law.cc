#include "poise/first_law.h"

#include <cmath>

#include "poise/error.h"
#include "thermo/row_mean.h"
#include "thermo/states/ensemble_record.h"

namespace poise {
namespace {

using thermo::mean_of_rows;

bool are_alike(const EnsembleRecord::Rows& a, const EnsembleRecord::Rows& b) {
  if (a.numbers != b.numbers || a.temperatures != b.temperatures) return false;
  for (std::size_t k = 0; k < a.ensembles.size(); ++k) {
    if (a.ensembles[k].energy.cols() != b.ensembles[k].energy.cols()) return false;
  }
  return true;
}

/// Changes of one quantity, row by row: `draws` of them, n×R, whose mean is the change, and what bias is left in it.
struct Change {
  Matrix draws;
  Vector bias;
};

Change operator-(const Change& a, const Change& b) { return {a.draws - b.draws, a.bias - b.bias}; }

/// The mean over rows of a change, less what is exact.
Estimate mean_of(const Vector& weight, const Change& change, const Vector& exact) {
  const auto count = static_cast<double>(change.draws.cols());
  const Vector mean = change.draws.rowwise().mean();
  const Vector variance = (change.draws.colwise() - mean).rowwise().squaredNorm() / (count * (count - 1));
  if (variance.isZero(0)) return mean_of_rows(weight, mean - exact);
  Estimate estimate = mean_of_rows(weight, mean - exact, {variance, count - 1});
  estimate.error = std::hypot(estimate.error, weight.dot(change.bias));
  return estimate;
}

FirstLaw law_of(double temperature, const Vector& weight, const Change& energy, const Change& free_energy,
                const Vector& complexity) {
  const Vector nothing = Vector::Zero(complexity.size()), heat = temperature * complexity;
  return {temperature, mean_of(weight, energy, nothing), mean_of(weight, energy - free_energy, nothing),
          mean_of_rows(weight, heat), mean_of(weight, free_energy, heat)};
}

}  // namespace

EnsembleRecord::EnsembleRecord() = default;
EnsembleRecord::~EnsembleRecord() = default;
EnsembleRecord::EnsembleRecord(EnsembleRecord&&) noexcept = default;
EnsembleRecord& EnsembleRecord::operator=(EnsembleRecord&&) noexcept = default;

std::vector<FirstLaw> first_law(const EnsembleRecord& before, const EnsembleRecord& after) {
  if (before.empty() || after.empty())
    throw Error(ErrorKind::kUsage, "a record of no ensembles", "one that a full measurement has filled");
  const EnsembleRecord::Rows &a = *before.rows_, &b = *after.rows_;
  if (!are_alike(a, b))
    throw Error(ErrorKind::kUsage, "records of other rows, temperatures or draws", "two of one thermometer");
  std::vector<FirstLaw> laws;
  for (std::size_t k = 0; k < a.temperatures.size(); ++k) {
    const thermo::RowEnsemble &old = a.ensembles[k], &now = b.ensembles[k];
    const Matrix bias = now.bias - old.bias;
    const Change energy{now.energy - old.energy, bias.col(thermo::kMeanLoss) + bias.col(thermo::kBulkLoss)};
    const Change free_energy{now.free_energy - old.free_energy, bias.col(thermo::kFreeEnergy)};
    laws.push_back(law_of(a.temperatures[k], a.weight, energy, free_energy, b.complexity - a.complexity));
  }
  return laws;
}

}  // namespace poise
