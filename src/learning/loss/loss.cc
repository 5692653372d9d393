#include "learning/loss/loss.h"

namespace poise::learning {

const LossFunction& loss_function(Loss loss) {
  switch (loss) {
    case Loss::kCrossEntropy:
      return cross_entropy_loss();
    case Loss::kBinaryCrossEntropy:
      return binary_cross_entropy_loss();
    case Loss::kSquared:
      return squared_loss();
    case Loss::kSquaredError:
      return squared_error_loss();
  }
  return cross_entropy_loss();
}

std::span<const Named<Loss>> names_of(Loss) {
  static constexpr Named<Loss> kAll[] = {{Loss::kCrossEntropy, "cross-entropy"},
                                         {Loss::kBinaryCrossEntropy, "binary-cross-entropy"},
                                         {Loss::kSquared, "squared"},
                                         {Loss::kSquaredError, "squared-error"}};
  return kAll;
}

}  // namespace poise::learning
