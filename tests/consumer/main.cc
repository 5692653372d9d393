#include <poise/poise.h>

int main() {
  const auto fit = poise::fit_softmax(poise::read_dataset("digits"), {.l2 = 1e-3});
  return fit.report.status == poise::Status::kCertified ? 0 : 1;
}
