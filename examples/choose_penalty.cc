// A path of penalties, each solved from the one before; the one that is best on held-out rows is kept.
#include <poise/poise.h>

#include <array>
#include <cstdio>
#include <vector>

int main() {
  const auto [train, validation] = poise::split_rows(poise::read_dataset("digits"), 300, 1);
  const std::array<double, 5> path = {1e-1, 1e-2, 1e-3, 1e-4, 1e-5};
  const std::vector<poise::SoftmaxFit> fits = poise::fit_softmax_path(train, path);
  std::size_t best = 0;
  double least = 0;
  for (std::size_t k = 0; k < fits.size(); ++k) {
    const poise::Metrics metrics = poise::evaluate_scores(poise::predict_scores(fits[k].model, validation), validation);
    if (k == 0 || metrics.cross_entropy < least) best = k, least = metrics.cross_entropy;
    std::printf("l2 %-7g %s  validation cross-entropy %.4f  accuracy %.2f %%\n", path[k],
                poise::to_string(fits[k].report.status), metrics.cross_entropy, 100 * metrics.accuracy);
  }
  poise::save_model(fits[best].model, "digits-best.onnx");
  std::printf("digits-best.onnx is the model for l2 %g\n", path[best]);
}
