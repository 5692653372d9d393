// A feed-forward network as Vanchurin's septuple: one state vector of all neurons, one weight matrix, one map
// (THEORY 2.2, docs/theory/network.md).
#include <gtest/gtest.h>

#include "learning/reference.h"
#include "sample_networks.h"

namespace poise {
namespace {

/// x(t+1) = f(w x(t) + b) of one sample: w has the W_l as blocks below the diagonal, b the input and the biases.
struct Septuple {
  Eigen::MatrixXd w;
  Vector b;
  std::vector<Activation> f;  ///< of every neuron; identity for inputs and outputs
  Index inputs, outputs;

  Vector step(const Vector& x) const {
    const Vector y = w * x + b;
    Vector next(x.size());
    for (Index i = 0; i < x.size(); ++i)
      next[i] = reference::activate(f[static_cast<std::size_t>(i)], Matrix::Constant(1, 1, y[i]))(0, 0);
    return next;
  }
};

Septuple embed(const std::vector<Layer>& layers, const Vector& input) {
  Index neurons = input.size();
  for (const Layer& layer : layers) neurons += layer.weights.rows();
  Septuple out{
      Eigen::MatrixXd::Zero(neurons, neurons), Vector::Zero(neurons), {}, input.size(), layers.back().weights.rows()};
  out.b.head(input.size()) = input;
  out.f.assign(static_cast<std::size_t>(input.size()), Activation::kIdentity);
  Index column = 0, row = input.size();
  for (const Layer& layer : layers) {
    out.w.block(row, column, layer.weights.rows(), layer.weights.cols()) = layer.weights;
    out.b.segment(row, layer.bias.size()) = layer.bias;
    out.f.insert(out.f.end(), static_cast<std::size_t>(layer.bias.size()), layer.activation);
    column = row;
    row += layer.weights.rows();
  }
  return out;
}

class SeptupleOfANetwork : public testing::Test {
 protected:
  SampleNetwork network_ = random_network({4, 5, 6, 3}, Activation::kTanh, Loss::kCrossEntropy, 1, 7);
  Septuple septuple_ = embed(network_.layers, network_.inputs.row(0).transpose());
  int depth_ = static_cast<int>(network_.depth());

  Vector fixed_point() const {  // all X_l of F-propagation
    Vector out(septuple_.b.size());
    Index at = 0;
    for (const Matrix& x : network_.pass().activation) {
      out.segment(at, x.cols()) = x.row(0).transpose();
      at += x.cols();
    }
    return out;
  }
};

TEST_F(SeptupleOfANetwork, WeightMatrixIsNilpotent) {
  Eigen::MatrixXd power = septuple_.w;
  for (int k = 1; k < depth_; ++k) power = power * septuple_.w;
  EXPECT_GT(power.cwiseAbs().maxCoeff(), 0);                  // w^L carries the input to the output …
  EXPECT_EQ((power * septuple_.w).cwiseAbs().maxCoeff(), 0);  // … and nothing goes further
}

// From any state the rest is F-propagation: after L steps if the input neurons already hold the data, else L + 1.
TEST_F(SeptupleOfANetwork, ActivationDynamicsComesToRestAtFPropagation) {
  Vector x = 3 * NormalStream(8).matrix(septuple_.b.size(), 1);
  for (int k = 0; k < depth_; ++k) x = septuple_.step(x);
  EXPECT_GT(distance(x.tail(3), fixed_point().tail(3)), 1e-3);
  x = septuple_.step(x);
  EXPECT_LE(distance(x, fixed_point()), 1e-14);
  EXPECT_EQ(septuple_.step(x), x);

  Vector clamped = 3 * NormalStream(9).matrix(septuple_.b.size(), 1);
  clamped.head(4) = network_.inputs.row(0).transpose();
  for (int k = 0; k < depth_; ++k) clamped = septuple_.step(clamped);
  EXPECT_LE(distance(clamped, fixed_point()), 1e-14);
}

// The loss in the bulk, ½‖x − f(wx + b)‖² over hidden neurons, is 0 after F-propagation and not elsewhere.
TEST_F(SeptupleOfANetwork, BulkEnergyIsTheSquaredResidualOfHiddenNeurons) {
  EXPECT_EQ(reference::bulk_energy(network_.layers, network_.pass())[0], 0);
  std::vector<Matrix> states = network_.pass().activation;
  Vector x = fixed_point();
  NormalStream normals(10);
  for (Index i = 0; i < 11; ++i) x[4 + i] += normals.next();
  states[1] = x.segment(4, 5).transpose();
  states[2] = x.segment(9, 6).transpose();
  const Vector residual = x - septuple_.step(x);
  const double found = reference::bulk_energy(network_.layers, reference::predict(network_.layers, states))[0];
  EXPECT_NEAR(found, 0.5 * residual.segment(4, 11).squaredNorm(), 1e-12);
  EXPECT_GT(found, 0.1);
}

}  // namespace
}  // namespace poise
