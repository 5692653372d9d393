// One network and one batch of random rows, on the engine and ready for the float64 reference.
#pragma once

#include <gtest/gtest.h>

#include <numeric>
#include <string>
#include <vector>

#include "base/random.h"
#include "learning/options.h"
#include "learning/reference/reference.h"
#include "learning/workspace.h"

namespace poise::learning {

inline constexpr Index kRows = 150, kFeatures = 9, kClasses = 4;  // rows of three chunks

inline float noise(std::uint64_t stream, Index k) {
  return static_cast<float>(2 * random_uniform(stream, static_cast<std::uint64_t>(k)) - 1);
}

inline Dataset random_data(bool sparse = false) {
  Dataset data;
  std::vector<float> values;
  for (Index k = 0; k < kRows * kFeatures; ++k) values.push_back(k % 3 == 0 && sparse ? 0.0f : noise(1, k));
  if (sparse) {
    CsrMatrix matrix;
    matrix.cols = kFeatures;
    for (Index i = 0; i < kRows; ++i) {
      for (Index j = 0; j < kFeatures; ++j) {
        const float value = values[static_cast<std::size_t>(i * kFeatures + j)];
        if (value == 0) continue;
        matrix.columns.push_back(static_cast<std::int32_t>(j));
        matrix.values.push_back(value);
      }
      matrix.row_start.push_back(static_cast<Index>(matrix.values.size()));
    }
    data.features = Features::from_sparse(std::move(matrix));
  } else {
    data.features = Features::from_values(std::move(values), kRows, kFeatures);
  }
  for (Index i = 0; i < kRows; ++i)
    data.labels.push_back(static_cast<std::int32_t>(random_bits(2, static_cast<std::uint64_t>(i)) % kClasses));
  data.sample_weight =
      Vector::NullaryExpr(kRows, [](Index i) { return 0.5 + random_uniform(3, static_cast<std::uint64_t>(i)); });
  data.schema.array_features = kFeatures;
  data.schema.format = FileFormat::kNpy;
  data.schema.classes = {"a", "b", "c", "d"};
  return data;
}

using Widths = std::vector<Index>;
inline const Widths kNarrow{7, 5}, kWide{130, 300};  // of layers of one part, and of two and four

inline NetworkOptions options_of(Activation activation = Activation::kSigmoid, Loss loss = Loss::kCrossEntropy,
                                 const Widths& hidden = kNarrow) {
  NetworkOptions options;
  options.hidden = hidden;
  options.activation = activation;
  options.loss = loss;
  if (loss == Loss::kSquaredError) options.target = Target::kFeatures;
  options.batch = kRows;
  options.epochs = 1;
  options.objective.scale = Scale::kNone;
  options.step = Step::kSgd;
  options.learning_rate = 0.3;
  options.momentum = 0;
  return options;
}

/// One network, one batch of all rows, on the engine and ready for the reference.
struct Case {
  NetworkOptions options;
  Dataset data;
  Problem problem;
  InputScaling scaling;
  ParameterLayout layout{{kFeatures, options.hidden[0], options.hidden[1], output_count(data, options)}};
  Floats parameters = Floats(static_cast<std::size_t>(layout.size()));
  Workspace batch;
  std::vector<Index> rows;
  BatchSums sums;

  explicit Case(const NetworkOptions& asked, bool sparse = false)
      : options(resolve(asked, kRows)),
        data(random_data(sparse)),
        problem(options.target == Target::kFeatures ? weigh_inputs(data) : weigh_rows(data, {})),
        scaling(scale_inputs(data, problem.row_weight, options.objective.scale != Scale::kNone, 1)),
        batch(problem, scaling, layout, options, kRows),
        rows(static_cast<std::size_t>(kRows)) {
    std::iota(rows.begin(), rows.end(), Index{0});
    if (options.loss == Loss::kSquaredError) scaling.set_targets(data, problem.row_weight, loss_of(options), 1);
    initialize(layout, Initialization::kXavier, options.activation, 5, parameters);
    for (Index l = 1; l <= 3; ++l) {
      for (Index j = 0; j < layout.outputs(l); ++j) parameters.data()[layout.bias(l) + j] = 0.2f * noise(6, 10 * l + j);
    }
  }

  std::vector<Layer> layers() const { return to_layers(layout, parameters, options.activation); }
  /// x̂, by the definition.
  Matrix inputs() const {
    Matrix x = Matrix::Zero(kRows, kFeatures);
    for (Index i = 0; i < kRows; ++i) {
      if (const CsrView* sparse = data.features.sparse()) {
        for (auto e = sparse->row_start[static_cast<std::size_t>(i)];
             e < sparse->row_start[static_cast<std::size_t>(i) + 1]; ++e)
          x(i, sparse->columns[static_cast<std::size_t>(e)]) =
              static_cast<double>(sparse->values[static_cast<std::size_t>(e)]);
      } else {
        for (Index j = 0; j < kFeatures; ++j)
          x(i, j) = static_cast<double>(data.features.array<float>()[i * kFeatures + j]);
      }
    }
    for (Index j = 0; j < kFeatures; ++j) {
      const auto at = static_cast<std::size_t>(j);
      x.col(j) = (x.col(j).array() - scaling.map.center[at]) * scaling.map.gain[at];
    }
    return x;
  }
  Matrix targets() const {
    if (options.target == Target::kFeatures) return inputs();
    Matrix t = Matrix::Zero(kRows, kClasses);
    for (Index i = 0; i < kRows; ++i) t(i, data.labels[static_cast<std::size_t>(i)]) = 1;
    return t;
  }
  /// The share of every row in the mean.
  Vector shares() const { return data.sample_weight / data.sample_weight.sum(); }

  void find_gradient(int threads = 2) {
    Team team(threads);
    team.run([&](int) { batch.find_gradient(team, rows, parameters, sums); });
  }
  void train(int threads = 2) {
    Team team(threads);
    StepRule step(options, *options.momentum, layout.size());
    step.set_learning_rate(options.learning_rate);
    team.run([&](int) {
      team.share(1, [&](Index) { step.begin_step(); });
      batch.train(team, rows, 0, parameters, step, sums);
    });
  }
  std::vector<Layer> found_gradient() const { return to_layers(layout, batch.gradient(), options.activation); }
};

inline void expect_near(const Matrix& found, const Matrix& expected, double tolerance, const std::string& what) {
  ASSERT_EQ(found.rows(), expected.rows()) << what;
  EXPECT_LE((found - expected).norm(), tolerance * (expected.norm() + 1e-12)) << what;
}

inline void expect_gradient(const Case& c, learning::reference::Adjoint adjoint, const std::vector<Matrix>& activation,
                            double tolerance) {
  for (Matrix& y : adjoint.preactivation_adjoint) {
    if (y.size() > 0) y = c.shares().asDiagonal() * y;
  }
  const learning::reference::Gradient expected = learning::reference::gradient(adjoint, activation);
  const std::vector<Layer> found = c.found_gradient();
  for (std::size_t l = 0; l < found.size(); ++l) {
    expect_near(found[l].weights, expected.weights[l], tolerance, "weights of layer " + std::to_string(l + 1));
    expect_near(found[l].bias, expected.bias[l], tolerance, "bias of layer " + std::to_string(l + 1));
  }
}

}  // namespace poise::learning
