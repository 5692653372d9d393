#include "poise/first_law.h"

#include "poise/error.h"
#include "thermo/ensemble_record.h"
#include "thermo/row_mean.h"

namespace poise {
namespace {

bool are_alike(const EnsembleRecord::Rows& a, const EnsembleRecord::Rows& b) {
  if (a.numbers != b.numbers || a.temperatures != b.temperatures) return false;
  for (std::size_t k = 0; k < a.free_energy.size(); ++k) {
    if (a.free_energy[k].cols() != b.free_energy[k].cols()) return false;
  }
  return true;
}

/// The mean over rows of differences that are known draw by draw, n×R, less what is exact.
Estimate mean_of_draws(const Vector& weight, const Matrix& draws, const Vector& exact) {
  const auto count = static_cast<double>(draws.cols());
  const Vector mean = draws.rowwise().mean();
  const Vector variance = (draws.colwise() - mean).rowwise().squaredNorm() / (count * (count - 1));
  if (variance.isZero(0)) return thermo::mean_of_rows(weight, mean - exact);
  return thermo::mean_of_rows(weight, mean - exact, {variance, count - 1});
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
  const Vector complexity = b.complexity - a.complexity, nothing = Vector::Zero(complexity.size());
  std::vector<FirstLaw> laws;
  for (std::size_t k = 0; k < a.temperatures.size(); ++k) {
    const double temperature = a.temperatures[k];
    const Matrix free_energy = b.free_energy[k] - a.free_energy[k], mean_loss = b.mean_loss[k] - a.mean_loss[k];
    laws.push_back({temperature, mean_of_draws(a.weight, mean_loss, nothing),
                    mean_of_draws(a.weight, mean_loss - free_energy, nothing),  // T dS = dU − dF
                    thermo::mean_of_rows(a.weight, temperature * complexity),
                    mean_of_draws(a.weight, free_energy, temperature * complexity)});
  }
  return laws;
}

}  // namespace poise
