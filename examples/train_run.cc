// A whole run in one call, from a known set and from arrays: rows held out, the penalty chosen, trained, calibrated,
// measured and, of the first, written as `poise train` writes it.
#include <poise/poise.h>

#include <cstdio>

class Watching : public poise::Watcher {
 public:
  poise::Answer on_event(const poise::Event& event) override {
    if (event.kind == poise::Event::Kind::kNote) std::printf("note: %s\n", event.text.c_str());
    if (event.kind == poise::Event::Kind::kIteration) ++iterations_;
    return iterations_ < 10000 ? poise::Answer::kGoOn : poise::Answer::kStop;
  }

 private:
  int iterations_ = 0;
};

/// Points of two classes on a grid, with a border that is not quite straight.
poise::Dataset points() {
  std::vector<float> values;
  poise::Dataset data;
  for (int i = 0; i < 400; ++i) {
    const int x = i % 20, y = i / 20;
    values.insert(values.end(), {static_cast<float>(x), static_cast<float>(y)});
    data.labels.push_back(x + y + (x * y) % 3 > 20 ? 1 : 0);
  }
  data.features = poise::Features::from_values(std::move(values), 400, 2);
  data.schema.format = poise::FileFormat::kNpy;  // an array: columns without names
  data.schema.array_features = 2;
  data.schema.classes = {"below", "above"};
  return data;
}

void print(const char* what, const poise::TrainingResult& result) {
  std::printf("%s: %s, penalty %g, %lld rows, accuracy on those held out %.1f %%\n", what, result.status.c_str(),
              result.softmax->l2, static_cast<long long>(result.rows), 100 * result.measured.validation->accuracy);
}

int main() {
  Watching watcher;
  print("digits", poise::train({.data = {.path = "digits"},
                                .validation_share = 0.2,
                                .l2_path = {1e-1, 1e-2, 1e-3},
                                .calibrate = true,
                                .directory = "digits-run"},
                               watcher));
  const poise::Dataset data = points();
  const poise::TrainingResult result =
      poise::train({.data = {.rows = data}, .validation_share = 0.2, .choose_l2 = true}, watcher);
  print("points", result);
  // The model says which rows it was trained on: its certificate can be computed again from these.
  const auto rows = poise::rows_trained_on(result.model.metadata, data);
  const poise::SolveReport report = poise::certify_softmax(result.model, *rows);
  std::printf("again %s, gap %.1e nats\n", poise::to_string(report.status), report.gap.value_or(-1));
}
