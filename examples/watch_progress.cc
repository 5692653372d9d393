// Watching a solve, and stopping it: a watcher sees every iteration and may end the run with a usable model.
#include <poise/poise.h>

#include <cstdio>

class Watching : public poise::Watcher {
 public:
  poise::Answer on_event(const poise::Event& event) override {
    if (event.kind != poise::Event::Kind::kIteration) return poise::Answer::kGoOn;
    const poise::Progress& progress = *event.iteration;
    std::printf("iteration %2d  objective %.9f  gap %s\n", progress.iteration, progress.objective,
                progress.gap ? std::to_string(*progress.gap).c_str() : "unknown yet");
    return progress.iteration >= 5 ? poise::Answer::kStop : poise::Answer::kGoOn;
  }
};

int main() {
  Watching watcher;
  const poise::SoftmaxFit fit =
      poise::fit_softmax(poise::read_dataset("digits"), {.l2 = 1e-4}, {.tolerance = 1e-12}, &watcher);
  std::printf("%s: %s\n", poise::to_string(fit.report.status), fit.report.why.c_str());
}
