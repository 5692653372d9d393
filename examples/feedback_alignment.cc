// A learning rule that the library does not know: feedback alignment (Lillicrap et al. 2016). Errors come back through
// fixed random matrices B_l instead of W_l, and the network learns to make use of them: the angle between what they
// bring and the gradient falls from 90 degrees.
#include <poise/learning_rule.h>
#include <poise/poise.h>

#include <atomic>
#include <cmath>
#include <cstdio>
#include <random>
#include <vector>

struct Angle {  // between Y* B and Y* W, over all layers and rows of an epoch
  std::atomic<double> inner = 0, ours = 0, theirs = 0;
  double degrees() { return std::acos(inner / std::sqrt(ours * theirs)) * 180 / std::acos(-1); }
};

class FeedbackAlignment : public poise::LearningRule {
 public:
  FeedbackAlignment(std::uint64_t seed, std::span<const poise::Index> widths, Angle& angle) : angle_(angle) {
    std::mt19937_64 random(seed);
    for (std::size_t l = 0; l + 1 < widths.size(); ++l) {  // B_{l+1}, as large as W_{l+1} at first
      std::normal_distribution<float> entry(0, std::sqrt(2 / static_cast<float>(widths[l] + widths[l + 1])));
      for (float& b : b_.emplace_back(widths[l] * widths[l + 1])) b = entry(random);
    }
  }

  void find_adjoints(poise::RuleRows& rows) override {
    for (poise::Index l = rows.layers() - 1; l >= 1; --l) {
      const poise::Index n = rows.width(l), above = rows.width(l + 1);
      float *to = rows.adjoint(l), *exact = rows.room(l);
      rows.back(l + 1, rows.adjoint(l + 1), exact);
      double inner = 0, ours = 0, theirs = 0;
      for (poise::Index i = 0; i < rows.count(); ++i) {
        for (poise::Index j = 0; j < n; ++j) {
          float& sum = to[i * n + j] = 0;
          for (poise::Index k = 0; k < above; ++k) sum += rows.adjoint(l + 1)[i * above + k] * b_[l][k * n + j];
          inner += sum * exact[i * n + j], ours += sum * sum, theirs += exact[i * n + j] * exact[i * n + j];
        }
      }
      angle_.inner += inner, angle_.ours += ours, angle_.theirs += theirs;
      rows.times_slope(l, rows.state(l), to);
    }
  }

 private:
  Angle& angle_;
  std::vector<std::vector<float>> b_;
};

struct Watch : poise::Watcher {
  explicit Watch(Angle& of) : angle(of) {}
  poise::Answer on_event(const poise::Event& event) override {
    if (event.kind == poise::Event::Kind::kEpoch) {
      last = angle.degrees();
      if (event.epoch->number == 1) first = last;
      angle.inner = angle.ours = angle.theirs = 0;
    }
    return poise::Answer::kGoOn;
  }
  Angle& angle;
  double first = 0, last = 0;
};

/// Beside backpropagation, over seeds: what its rule costs, and whether that is beyond chance.
void print_comparison(const poise::Dataset& train, const poise::Dataset& test, poise::Rule rule) {
  poise::SettingGrid grid;
  grid.rules = {poise::Rule::kAdjoint, rule};
  grid.widths = {64};
  grid.network.epochs = 10;
  for (const auto& found : poise::compare_settings(train, &test, poise::settings_of(grid), {.seeds = 3}).settings)
    std::printf("%-20s %.2f %% after 10 epochs: %s\n", found.setting.name.c_str(), 100 * found.accuracy.value,
                poise::to_string(found.judgment));
}

int main() {
  Angle angle;
  Watch watch(angle);
  poise::NetworkOptions options;
  options.rule = poise::register_learning_rule("feedback-alignment", [&](const auto& o, auto widths) {
    return std::make_unique<FeedbackAlignment>(o.seed, widths, angle);
  });
  options.hidden = {64};
  options.epochs = 60;
  const poise::Dataset test = poise::read_dataset("digits:test");
  const auto fit = poise::train_network(poise::read_dataset("digits"), options, nullptr, &watch);
  const double accuracy = poise::evaluate_scores(poise::predict_scores(fit.network, test), test).accuracy;
  const bool learned = accuracy >= 0.93 && watch.last < watch.first - 10;
  std::printf("%s: test accuracy %.2f %%, angle to the gradient %.0f degrees in the first epoch, %.0f in the last\n",
              learned ? poise::to_string(fit.report.status) : "did not learn", 100 * accuracy, watch.first, watch.last);
  print_comparison(poise::read_dataset("digits"), test, options.rule);
  return learned ? 0 : 1;
}
