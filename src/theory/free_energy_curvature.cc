#include "poise/theory/free_energy_curvature.h"

#include "base/decompositions.h"
#include "learning/reference/reference.h"
#include "poise/error.h"
#include "theory/linear.h"
#include "thermo/network/layers.h"
#include "thermo/network/neuron.h"

namespace poise {
namespace {

/// tr G⁻¹ and Λ from the Jacobians B_l = D_l W_l, D_l = diag slopes[l − 1]: with
///   C_l = Σ_{k≤l} J_{l←k} J_{l←k}ᵀ = I + B_l C_{l−1} B_lᵀ,   C_0 = I
///   U_j = Σ_{l≥j} J_{l←j}ᵀ J_{l←j} = I + B_{j+1}ᵀ U_{j+1} B_{j+1},   U_L = I
/// they are Σ_l tr C_l and Σ_j 2 tr(D_j² U_j) tr C_{j−1}.
PathSums sums_of(const std::vector<Matrix>& jacobians, const std::vector<Vector>& slopes) {
  if (jacobians.empty()) throw Error(ErrorKind::kUsage, "no layers", "at least one");
  for (std::size_t l = 1; l < jacobians.size(); ++l) {
    if (jacobians[l].cols() != jacobians[l - 1].rows())
      throw Error(ErrorKind::kUsage, "weights of layers that do not fit each other", "N_l×N_{l−1}");
  }
  PathSums out;
  std::vector<double> below;  // tr C_0 … tr C_{L−1}
  Eigen::MatrixXd c = Eigen::MatrixXd::Identity(jacobians[0].cols(), jacobians[0].cols());
  for (const Matrix& jacobian : jacobians) {
    below.push_back(c.trace());
    out.squares += c.trace();
    c = jacobian * c * jacobian.transpose();
    c.diagonal().array() += 1;
  }
  out.squares += c.trace();
  Eigen::MatrixXd u = Eigen::MatrixXd::Identity(c.rows(), c.rows());
  for (std::size_t j = jacobians.size(); j-- > 0;) {
    out.laplacian += 2 * u.diagonal().dot(slopes[j].cwiseAbs2()) * below[j];
    u = jacobians[j].transpose() * u * jacobians[j];
    u.diagonal().array() += 1;
  }
  return out;
}

}  // namespace

FreeEnergyCurvature free_energy_curvature(const Septuple& septuple, double temperature) {
  const theory::LinearRest rest = theory::solve_linear(septuple, temperature);
  const Matrix &k = rest.inverse, &ak = rest.bulk_times_inverse;
  const Vector &x = rest.state, &e = rest.error, mask = septuple.residual_mask();
  const Vector slack = mask - ak.cwiseProduct(rest.bulk).rowwise().sum();  // P_i − (AKAᵀ)_ii
  FreeEnergyCurvature out;
  out.gradient = -temperature * ak - e * x.transpose();
  out.second = temperature * (slack * k.diagonal().transpose() - ak.cwiseAbs2());
  out.second += slack * x.cwiseAbs2().transpose() - 2 * (e * x.transpose()).cwiseProduct(ak) -
                e.cwiseAbs2() * k.diagonal().transpose();
  out.bias_gradient = -e;
  out.bias_second = slack;
  out.laplacian = (septuple.weights.array() != 0).select(out.second, 0).sum();
  return out;
}

PathSums path_sums(const std::vector<Matrix>& weights) {
  std::vector<Vector> slopes;
  for (const Matrix& layer : weights) slopes.push_back(Vector::Ones(layer.rows()));
  return sums_of(weights, slopes);
}

PathSums path_sums(const std::vector<Layer>& layers, const Vector& input) {
  thermo::check_layers(layers, input.size());
  const learning::reference::Propagation pass = learning::reference::propagate(layers, input.transpose());
  std::vector<Matrix> jacobians;
  std::vector<Vector> slopes;
  for (std::size_t l = 1; l <= layers.size(); ++l) {
    slopes.push_back(learning::reference::slope(layers[l - 1].activation, pass.preactivation[l]).row(0).transpose());
    jacobians.push_back(slopes.back().asDiagonal() * layers[l - 1].weights);
  }
  return sums_of(jacobians, slopes);
}

PathSums path_sums(const Septuple& septuple, const Vector& state) {
  septuple.validate();
  if (state.size() != septuple.neurons())
    throw Error(ErrorKind::kUsage, "a state of another size than the septuple", "one value a neuron");
  const Vector slope = thermo::slope(septuple.activation, septuple.weights * state + septuple.bias);
  Eigen::MatrixXd a = -(slope.asDiagonal() * septuple.weights);
  a.diagonal().array() += 1;
  const std::optional<Eigen::MatrixXd> found = inverse_of(a);
  if (!found) throw Error(ErrorKind::kNumeric, "I − diag f' w is singular", "a state it can leave");
  const Eigen::MatrixXd& inverse = *found;  // A⁻¹
  const Vector columns = inverse.colwise().squaredNorm().transpose(), rows = inverse.rowwise().squaredNorm();
  const Matrix cycles = inverse.transpose().cwiseProduct(inverse.transpose() * inverse * inverse.transpose());
  const Matrix terms = slope.cwiseAbs2().asDiagonal() * (2 * columns * rows.transpose() + 4 * cycles);
  return {.squares = rows.sum(), .laplacian = (septuple.weights.array() != 0).select(terms, 0).sum()};
}

}  // namespace poise
