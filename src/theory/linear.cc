#include "theory/linear.h"

#include "poise/error.h"

namespace poise::theory {

LinearRest solve_linear(const Septuple& septuple, double temperature) {
  check(septuple, temperature);
  if (!is_linear(septuple))
    throw Error(ErrorKind::kUsage, "a closed form of linear networks was asked of one that is not linear",
                "identity as the activation of every neuron");
  const Index neurons = septuple.neurons();
  const Expansion about = expand(septuple, Vector::Zero(neurons));
  const Eigen::MatrixXd inverse = positive_spectrum(septuple, about).inverse();
  LinearRest out{.free = static_cast<Index>(about.free.size()),
                 .state = about.state,
                 .loss = 0,
                 .error = {},
                 .inverse = Matrix::Zero(neurons, neurons),
                 .bulk = Matrix::Zero(neurons, neurons),
                 .bulk_times_inverse = {}};
  out.state(about.free) -= inverse * about.gradient;
  out.loss = septuple.loss(out.state);
  out.error = septuple.residual(out.state).cwiseProduct(septuple.residual_mask());
  out.inverse(about.free, about.free) = inverse;
  out.bulk(Eigen::all, about.free) = about.bulk;
  out.bulk_times_inverse = out.bulk * out.inverse;
  return out;
}

}  // namespace poise::theory
