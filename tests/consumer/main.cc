#include <poise/poise.h>
#include <poise/theory.h>

int main() {
  const auto fit = poise::fit_softmax(poise::read_dataset("digits"), {.l2 = 1e-3});
  const auto paths = poise::path_sums({poise::Matrix::Identity(2, 2)});  // ‖J‖² is 2 from either layer to itself and on
  return fit.report.status == poise::Status::kCertified && paths.squares == 6 ? 0 : 1;
}
