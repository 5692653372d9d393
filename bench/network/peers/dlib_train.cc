// dlib's peer run: dlib_train FOLDER WIDTHS BATCH LEARNING_RATE MOMENTUM SECONDS SEED; prints one JSON object.
//
// Batches are copied into a tensor, then gradients and dlib::sgd without weight decay: the loop of dnn_trainer without
// its background thread, its running averages and its stopping rule. dlib also computes the gradient of the input; it
// has no option to leave that out. FOLDER holds features.npy (float32) and labels.npy (int64), as bench/network/nets.py
// writes them.
#include <dlib/dnn.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <numeric>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using Input = dlib::input<dlib::matrix<float>>;
template <template <typename> class A, int... N>
struct Stack;
template <template <typename> class A, int N>
struct Stack<A, N> {
  using type = A<dlib::fc<N, Input>>;
};
template <template <typename> class A, int N, int... Below>
struct Stack<A, N, Below...> {
  using type = A<dlib::fc<N, typename Stack<A, Below...>::type>>;
};
// Hidden layers from the top down.
template <template <typename> class A, int... Hidden>
using Net = dlib::loss_multiclass_log<dlib::fc<10, typename Stack<A, Hidden...>::type>>;

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

/// The values of a .npy file of format 1.0.
template <typename T>
std::vector<T> read_npy(const std::string& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) throw std::runtime_error("cannot read " + path);
  const auto size = static_cast<std::size_t>(file.tellg());
  unsigned char start[10];
  file.seekg(0).read(reinterpret_cast<char*>(start), sizeof(start));
  const std::size_t header = sizeof(start) + start[8] + 256u * start[9];
  std::vector<T> values((size - header) / sizeof(T));
  file.seekg(static_cast<std::streamoff>(header));
  file.read(reinterpret_cast<char*>(values.data()), static_cast<std::streamsize>(values.size() * sizeof(T)));
  return values;
}

struct Task {
  std::vector<float> features;
  std::vector<unsigned long> labels;
  std::size_t batch;
  double learning_rate, momentum, seconds;
  unsigned seed;

  std::size_t rows() const { return labels.size(); }
  std::size_t columns() const { return features.size() / labels.size(); }
};

/// Rows order[first … last) as a tensor, and their labels.
void gather(const Task& task, const std::vector<std::size_t>& order, std::size_t first, std::size_t last,
            dlib::resizable_tensor& batch, std::vector<unsigned long>& labels) {
  const std::size_t columns = task.columns();
  batch.set_size(static_cast<long>(last - first), 1, static_cast<long>(columns), 1);
  float* out = batch.host_write_only();
  labels.resize(last - first);
  for (std::size_t i = first; i < last; ++i, out += columns) {
    std::copy_n(task.features.data() + order[i] * columns, columns, out);
    labels[i - first] = task.labels[order[i]];
  }
}

template <typename Network>
double accuracy(const Task& task, Network& net, const std::vector<std::size_t>& order) {
  dlib::resizable_tensor batch;
  std::vector<unsigned long> labels;
  std::size_t right = 0;
  for (std::size_t first = 0; first < task.rows(); first += task.batch) {
    gather(task, order, first, std::min(first + task.batch, task.rows()), batch, labels);
    const float* scores = net.subnet().forward(batch).host();
    for (std::size_t i = 0; i < labels.size(); ++i, scores += 10)
      right += static_cast<unsigned long>(std::max_element(scores, scores + 10) - scores) == labels[i];
  }
  return static_cast<double>(right) / static_cast<double>(task.rows());
}

/// The first epoch warms up; then epochs are timed until task.seconds have passed.
template <typename Network>
void train(const Task& task) {
  Network net;
  std::vector<dlib::sgd> solvers(Network::num_computational_layers, dlib::sgd(0, static_cast<float>(task.momentum)));
  dlib::resizable_tensor batch;
  std::vector<unsigned long> labels;
  const std::vector<dlib::matrix<float>> one(1, dlib::zeros_matrix<float>(static_cast<long>(task.columns()), 1));
  net.to_tensor(one.begin(), one.end(), batch);  // tells the net that a row is one sample
  std::vector<std::size_t> order(task.rows());
  std::iota(order.begin(), order.end(), 0);
  std::mt19937 random(task.seed);
  Clock::time_point start;
  double seconds = 0;
  int epochs = 0;
  while (seconds < task.seconds) {
    std::shuffle(order.begin(), order.end(), random);
    for (std::size_t first = 0; first < task.rows(); first += task.batch) {
      gather(task, order, first, std::min(first + task.batch, task.rows()), batch, labels);
      net.compute_parameter_gradients(batch, labels.begin());
      net.update_parameters(solvers, task.learning_rate);
    }
    if (++epochs == 1)
      start = Clock::now();
    else
      seconds = seconds_since(start);
  }
  std::printf("{\"rate\": %.6g, \"epochs\": %d, \"accuracy\": %.6f, \"remark\": \"\"}\n",
              static_cast<double>(task.rows()) * (epochs - 1) / seconds, epochs, accuracy(task, net, order));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 8) return 2;
  const std::string folder = argv[1], widths = argv[2];
  Task task{read_npy<float>(folder + "/features.npy"),
            {},
            std::stoul(argv[3]),
            std::atof(argv[4]),
            std::atof(argv[5]),
            std::atof(argv[6]),
            static_cast<unsigned>(std::stoul(argv[7]))};
  const auto labels = read_npy<std::int64_t>(folder + "/labels.npy");
  task.labels.assign(labels.begin(), labels.end());
  if (widths == "784-128-10")
    train<Net<dlib::sig, 128>>(task);
  else if (widths == "784-512-256-10")
    train<Net<dlib::relu, 256, 512>>(task);
  else if (widths == "64-64-10")
    train<Net<dlib::relu, 64>>(task);
  else
    return 2;
}
