// The optimal softmax classifier of the embedded digits, with its proof, as an ONNX file.
#include <poise/poise.h>

#include <cstdio>

int main() {
  const poise::Dataset digits = poise::read_dataset("digits"), test = poise::read_dataset("digits:test");
  const poise::SoftmaxFit fit = poise::fit_softmax(digits, {.l2 = 1e-3});
  const poise::Metrics metrics = poise::evaluate_scores(poise::predict_scores(fit.model, test), test);
  std::printf("%s, gap %.1e nats, test accuracy %.2f %%\n", poise::to_string(fit.report.status),
              fit.report.gap.value_or(-1), 100 * metrics.accuracy);
  poise::save_model(fit.model, "digits.onnx");
}
