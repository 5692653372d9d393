// The closed form of the published local algorithm (docs/theory/network.md#what-the-published-local-program-runs) is
// what its program computes, given that in Python two names can be bound to one dictionary.
#include <gtest/gtest.h>

#include <map>
#include <memory>

#include "learning/reference/reference.h"
#include "sample_networks.h"

namespace poise {
namespace {

namespace reference = learning::reference;

using Array = Eigen::MatrixXd;  // here samples are columns, and states end with a row of ones
using Dictionary = std::map<std::size_t, Array>;
using Name = std::shared_ptr<Dictionary>;

enum class Binding { kReference, kCopy };

Array with_ones(const Array& x) {
  Array out(x.rows() + 1, x.cols());
  out << x, Array::Ones(1, x.cols());
  return out;
}

Array sigmoid(const Array& z) { return (1 + (-z.array()).exp()).inverse(); }

Array sigmoid_prime(const Array& z) { return sigmoid(z).array() - sigmoid(z).array().square(); }

std::pair<Name, Name> forward(const Dictionary& w, const Array& x) {
  auto ys = std::make_shared<Dictionary>(), xs = std::make_shared<Dictionary>();
  (*xs)[0] = with_ones(x);
  for (const auto& [l, weights] : w) {
    (*ys)[l] = weights * (*xs)[l - 1];
    (*xs)[l] = l == w.size() ? sigmoid((*ys)[l]) : with_ones(sigmoid((*ys)[l]));
  }
  return {ys, xs};
}

/// One batch: w[l] is N_l×(N_{l−1} + 1) with the bias as last column; `binding` is what assigning the pair of forward
/// dictionaries to the pair of relaxing ones does.
Dictionary local_step(Dictionary w, const Array& x, const Array& targets, double rate, double tau, int steps,
                      Binding binding) {
  const std::size_t top = w.size();
  auto [forward_y, forward_x] = forward(w, x);
  Name relaxing_y = forward_y, relaxing_x = forward_x;
  if (binding == Binding::kCopy) {
    relaxing_y = std::make_shared<Dictionary>(*forward_y);
    relaxing_x = std::make_shared<Dictionary>(*forward_x);
  }
  Dictionary &fy = *forward_y, &fx = *forward_x, &ty = *relaxing_y, &tx = *relaxing_x;
  ty[top] = Array((fx[top] - targets).cwiseProduct(sigmoid_prime(fy[top])));
  for (std::size_t l = top; l >= 1; --l) {
    for (int k = 0; k < steps; ++k) {
      const Array pull = l == top ? Array(tx[l] - ty[l]) : Array(tx[l] - w[l + 1].transpose() * ty[l + 1]);
      tx[l] = Array(tx[l] - tau * pull);
    }
    const Array state = tx[l].topRows(w[l].rows());  // without the row of ones
    ty[l] = Array(state.cwiseProduct(sigmoid_prime(fy[l])));
    w[l] = Array(w[l] - rate * ty[l] * fx[l - 1].transpose());
  }
  return w;
}

Dictionary to_dictionary(const std::vector<Layer>& layers) {
  Dictionary w;
  for (std::size_t l = 1; l <= layers.size(); ++l) {
    w[l].resize(layers[l - 1].weights.rows(), layers[l - 1].weights.cols() + 1);
    w[l] << layers[l - 1].weights, layers[l - 1].bias;
  }
  return w;
}

double distance(const Dictionary& a, const Dictionary& b) {
  double most = 0;
  for (const auto& [l, weights] : a) most = std::max(most, (weights - b.at(l)).cwiseAbs().maxCoeff());
  return most;
}

class PublishedRule : public testing::TestWithParam<std::vector<Index>> {
 protected:
  PublishedRule() : network_(random_network(GetParam(), Activation::kSigmoid, Loss::kSquared, 8, 11)) {}

  Dictionary program(double rate, Binding binding) const {
    return local_step(to_dictionary(network_.layers), network_.inputs.transpose(), network_.targets.transpose(), rate,
                      0.1, 100, binding);
  }

  SampleNetwork network_;
};

TEST_P(PublishedRule, IsWhatTheProgramComputes) {
  for (const double rate : {0.001, 0.3}) {
    const auto update = reference::published_update(network_.layers, network_.pass(), network_.targets, rate, {});
    EXPECT_LE(distance(to_dictionary(update.layers), program(rate, Binding::kReference)), 1e-14) << rate;
  }
}

// Had the dictionaries been copied, the output would have been multiplied by σ'(Y_L) twice …
TEST_P(PublishedRule, CopiesWouldHaveSquaredTheSlope) {
  const auto pass = network_.pass();
  const Matrix& scores = pass.preactivation.back();
  const Matrix y_star = network_.output_adjoint(), output = reference::activate(Activation::kSigmoid, scores);
  const Matrix delta = reference::slope(Activation::kSigmoid, scores)
                           .cwiseProduct(y_star + reference::Relaxing{}.residual() * (output - y_star));
  const auto update = reference::equilibrium_update(network_.layers, pass, delta, 0.3, Order::kGaussSeidel, {});
  EXPECT_LE(distance(to_dictionary(update.layers), program(0.3, Binding::kCopy)), 1e-14);
}

// … which is another rule: this test sees the difference between a reference and a copy.
TEST_P(PublishedRule, ReferencesAndCopiesDiffer) {
  EXPECT_GT(distance(program(0.3, Binding::kReference), program(0.3, Binding::kCopy)), 1e-3);
}

INSTANTIATE_TEST_SUITE_P(Depths, PublishedRule,
                         testing::Values(std::vector<Index>{5, 4}, std::vector<Index>{5, 7, 4},
                                         std::vector<Index>{5, 7, 6, 4}, std::vector<Index>{5, 7, 6, 3, 4}));

}  // namespace
}  // namespace poise
