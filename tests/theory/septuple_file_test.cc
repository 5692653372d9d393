// Septuples in files: what is written is read, and what is wrong is named with its place.
#include "poise/theory/septuple_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data/helpers.h"
#include "sample_septuples.h"

namespace poise {
namespace {

TEST(SeptupleFile, IsReadBackToTheBit) {
  const TempDir dir;
  Septuple septuple = random_septuple(5, Activation::kSigmoid, 3, 1.3);
  septuple.activation[1] = Activation::kRelu;
  septuple.inputs = {0, 1}, septuple.outputs = {4};
  septuple.place = LossPlace::kBoundary;
  septuple.mass_squared = -0.1;
  septuple = clamp(septuple, {3, 0}, Vector{{0.1, 1.0 / 3}});
  const Septuple again = read_septuple(dir.write("s.json", septuple_text(septuple)));
  EXPECT_EQ(again.weights, septuple.weights);
  EXPECT_EQ(again.bias, septuple.bias);
  EXPECT_EQ(again.activation, septuple.activation);
  EXPECT_EQ(again.inputs, septuple.inputs);
  EXPECT_EQ(again.outputs, septuple.outputs);
  EXPECT_EQ(again.place, septuple.place);
  EXPECT_EQ(again.mass_squared, septuple.mass_squared);
  const Vector zero = Vector::Zero(5);
  EXPECT_EQ(again.held(zero), septuple.held(zero));
}

TEST(SeptupleFile, LeavesOutWhatIsUsual) {
  const TempDir dir;
  const Septuple pair = read_septuple(dir.write("s.json", R"({"weights": [[0, 1.2], [-0.9, 0]], "bias": [0, 0.3]})"));
  const Septuple expected = tanh_pair();
  EXPECT_EQ(pair.weights, expected.weights);
  EXPECT_EQ(pair.bias, expected.bias);
  EXPECT_EQ(pair.activation, expected.activation);
  EXPECT_EQ(pair.place, LossPlace::kBulk);
}

TEST(SeptupleFile, SaysWhatIsWrong) {
  const TempDir dir;
  const auto refuses = [&](const std::string& text, const std::string& found) {
    expect_error([&] { (void)read_septuple(dir.write("s.json", text)); }, ErrorKind::kData, found);
  };
  refuses("{\"weights\": [[0, 1],\n [1, 0]", "s.json:2:");
  refuses("[1]", "the file is array");
  refuses("{}", "\"weights\"");
  refuses(R"({"weights": [[0, 1], [1]]})", "row 1 of weights is of 1 numbers");
  refuses(R"({"weights": [[0, "x"], [1, 0]]})", "entry 1 of row 0 of weights is \"x\"");
  refuses(R"({"weights": [[0]], "wieghts": 1})", "\"wieghts\" is unknown");
  refuses(R"({"weights": [[0]], "activation": "softmax"})", "activation is \"softmax\"");
  refuses(R"({"weights": [[0]], "loss": "everywhere"})", "loss is \"everywhere\"");
  refuses(R"({"weights": [[0]], "inputs": [1]})", "neuron 1 of `inputs` does not exist");
  refuses(R"({"weights": [[0]], "inputs": [0.5]})", "0.5 of inputs");
  refuses(R"({"weights": [[0]], "inputs": [-1]})", "-1 of inputs is no neuron");
  refuses(R"({"weights": [[0]], "inputs": [18446744073709551615]})", "18446744073709551615 of inputs is no neuron");
  refuses(R"({"weights": [[0]], "weights": [[1]]})", "\"weights\" stands twice");
  refuses(R"({"weights": [[0]], "clamped": {"0": 1, "0": 2}})", "\"0\" stands twice");
  refuses(R"({"weights": [[0]], "clamped": {"one": 1}})", "\"one\" in clamped");
  refuses(R"({"weights": [[0]], "clamped": {"7": 1}})", "neuron 7 of `clamped` does not exist");
  refuses(R"({"weights": [[0]], "bias": [0, 1]})", "1×1 weights of 2 neurons");
  expect_error([&] { (void)read_septuple(dir.path("none.json")); }, ErrorKind::kIo, "cannot be read");
}

// x = tanh(2x) has the roots 0 and ±0.9575 (x = tanh 2x); 0 is where the slope is 2.
TEST(RestingStates, OfANeuronThatListensToItself) {
  const auto found = resting_states(make_septuple(Matrix{{2}}, Vector::Zero(1), Activation::kTanh), 100);
  ASSERT_EQ(found.size(), 3u);
  Index starts = 0;
  for (const RestingState& state : found) {
    const double x = state.rest.state[0];
    starts += state.starts;
    EXPECT_NEAR(x, std::tanh(2 * x), 1e-11);
    EXPECT_NEAR(state.spectral_radius, 2 * (1 - x * x), 1e-10);
    EXPECT_EQ(state.stable(), x != 0);
    EXPECT_NEAR(state.loss, 0, 1e-20);
  }
  EXPECT_EQ(starts, 100);
  EXPECT_EQ(found.back().starts, 1);  // nothing but 0 itself leads there
}

}  // namespace
}  // namespace poise
