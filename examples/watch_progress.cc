// Watching a solve, and stopping it: an observer sees every iteration and may end the run with a usable model.
#include <poise/poise.h>

#include <cstdio>

class Watcher : public poise::Observer {
 public:
  void on_iteration(const poise::Progress& progress) override {
    std::printf("iteration %2d  objective %.9f  gap %s\n", progress.iteration, progress.objective,
                progress.gap ? std::to_string(*progress.gap).c_str() : "unknown yet");
    iterations_ = progress.iteration;
  }
  bool stop_requested() override { return iterations_ >= 5; }

 private:
  int iterations_ = 0;
};

int main() {
  Watcher watcher;
  const poise::SoftmaxFit fit =
      poise::fit_softmax(poise::read_dataset("digits"), {.l2 = 1e-4}, {.tolerance = 1e-12}, &watcher);
  std::printf("%s: %s\n", poise::to_string(fit.report.status), fit.report.why.c_str());
}
