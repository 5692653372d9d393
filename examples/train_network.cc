// A small network on the embedded digits, without a knob: the step comes from theory, the best epoch is kept.
#include <poise/poise.h>

#include <cstdio>

int main() {
  const poise::Dataset test = poise::read_dataset("digits:test");
  const auto [train, validation] = poise::split_rows(poise::read_dataset("digits"), 135, 1);
  poise::NetworkOptions options;
  options.hidden = {64};
  const poise::NetworkFit fit = poise::train_network(train, options, &validation);
  const poise::Metrics metrics = poise::evaluate_scores(poise::predict_scores(fit.network, test), test);
  std::printf("%s after %d epochs, epoch %d kept, test accuracy %.2f %%\n", poise::to_string(fit.report.status),
              fit.report.epochs, fit.report.best_epoch, 100 * metrics.accuracy);
  poise::save_model(fit.network, "digits-network.onnx");
}
