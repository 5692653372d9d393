// Rows dealt out to workers add up to the same bits as in one process.
#include "poise/workers.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <thread>

#include "base/parallel.h"
#include "convex/reference.h"
#include "convex/workers/protocol.h"
#include "convex/workers/worker_rows.h"
#include "poise/softmax_regression.h"
#include "rows/load.h"
#include "sample_models.h"

namespace poise {
namespace {

/// Some workers, each a thread of this process.
class ThreadWorkers {
 public:
  explicit ThreadWorkers(int count) {
    for (int k = 0; k < count; ++k) begin([](Channel& channel) { serve_rows(channel); });
  }
  /// With rows of their own.
  explicit ThreadWorkers(const std::vector<Dataset>& own) {
    for (const Dataset& data : own) begin([&data](Channel& channel) { serve_rows(channel, data); });
  }
  ThreadWorkers(const ThreadWorkers&) = delete;
  ThreadWorkers& operator=(const ThreadWorkers&) = delete;
  ~ThreadWorkers() {
    workers.end();
    for (std::thread& thread : running_) thread.join();
  }

  Workers workers;

 private:
  void begin(const std::function<void(Channel&)>& serve) {
    auto [mine, theirs] = socket_channels();
    workers.channels.push_back(std::move(mine));
    running_.emplace_back([serve, channel = std::shared_ptr<Channel>(std::move(theirs))] { serve(*channel); });
  }

  std::vector<std::thread> running_;
};

/// Integers 0 … 9 that all storages hold exactly, `zeros` of them 0.
Problem sample_problem(Index rows, Index cols, Index classes, Storage storage, bool soft, double zeros = 0.6) {
  Rng rng(7);
  MatrixF x(rows, cols);
  for (float& value : x.reshaped()) value = rng.uniform() < zeros ? 0.0f : static_cast<float>(rng.below(10));
  Problem problem;
  problem.classes = classes;
  problem.features = stored_as(x, storage);
  if (soft) {
    problem.targets = Matrix::NullaryExpr(rows, classes, [&] { return rng.uniform(0.1, 1); });
  } else {
    for (Index i = 0; i < rows; ++i) problem.labels.push_back(static_cast<std::int32_t>(rng.below(classes)));
  }
  problem.smoothing = soft ? 0 : 0.1;
  problem.row_weight = Vector::NullaryExpr(rows, [&] { return rng.uniform(0.2, 1); });
  problem.row_weight /= problem.row_weight.sum();
  problem.penalty = Vector::Constant(cols, 0.01);
  if (storage != Storage::kSparse) {
    problem.units.center.assign(cols, 1);
    problem.units.gain.assign(cols, 0.5);
  }
  return problem;
}

/// All that can be asked, in an order that is allowed.
std::vector<Request> requests(const Parameters& w, const Parameters& v, bool sparse) {
  const Index classes = w.cols();
  std::vector<Request> all;
  for (const Arithmetic arithmetic : {Arithmetic::kFloat, Arithmetic::kDouble}) {
    all.push_back({.question = Question::kValue, .arithmetic = arithmetic, .first = &w});
    all.push_back({.question = Question::kGradient, .arithmetic = arithmetic, .first = &w});
    all.push_back({.question = Question::kProduct, .arithmetic = arithmetic, .first = &v});
  }
  const Vector balance = Vector::Constant(classes, 1 / static_cast<double>(classes));
  all.push_back({.question = Question::kDualPoint, .first = &w, .second = &v, .vector = balance});
  all.push_back({.question = Question::kAlong, .first = &v});
  all.push_back({.question = Question::kMoment, .first = &v});
  for (const Question question :
       {Question::kDiagonal, Question::kTargets, Question::kSizes, Question::kBiases, Question::kCurvature}) {
    all.push_back({.question = question});
  }
  const Vector tau = Vector::Constant(classes, 300);
  all.push_back({.question = Question::kCurvature, .vector = tau});
  all.push_back({.question = Question::kDrawn, .vector = tau, .seed = 5});
  if (sparse) return all;
  all.push_back({.question = Question::kHessian});
  all.push_back({.question = Question::kGram, .vector = Vector::Constant(w.rows() - 1, 0.5)});
  return all;
}

void expect_same_sums(const Problem& problem, int workers, int threads) {
  SCOPED_TRACE(fmt::format("{} workers, {} classes", workers, problem.classes));
  const Index d = problem.cols(), k = problem.classes;
  const Parameters w = 0.05 * Rng(8).normals(d + 1, k), v = 0.02 * Rng(9).normals(d + 1, k);
  LocalRows alone(problem, 2, 0);
  ThreadWorkers team(workers);
  WorkerRows shared(problem, threads, 0, team.workers);
  EXPECT_EQ(shared.grid().rows, problem.rows());
  for (const Request& request : requests(w, v, problem.features.is_sparse())) {
    SCOPED_TRACE(static_cast<int>(request.question));
    const Sums one = alone.ask(request), other = shared.ask(request);
    EXPECT_EQ(one.product, other.product);
    EXPECT_EQ(one.numbers, other.numbers);
    EXPECT_EQ(one.list, other.list);
    EXPECT_GT(one.product.size() + std::ssize(one.numbers) + std::ssize(one.list), 0);
  }
}

TEST(WorkerRows, AddUpToTheSameBits) {
  struct Case {
    Index rows, cols, classes;
    Storage storage;
    bool soft;
  };
  for (const Case& c : {Case{20000, 12, 3, Storage::kBytes, false}, Case{20000, 40, 2, Storage::kFloat, false},
                        Case{9000, 40, 5, Storage::kFloat, true}, Case{6000, 3, 4, Storage::kSparse, false},
                        Case{6000, 3, 2, Storage::kSparse, true}, Case{300, 500, 3, Storage::kFloat, false},
                        Case{5, 3, 2, Storage::kFloat, false}}) {
    const Problem problem = sample_problem(c.rows, c.cols, c.classes, c.storage, c.soft);
    for (const int workers : {1, 2, 3}) expect_same_sums(problem, workers, workers);
  }
}

/// Rows of a few numbers among many zeros are multiplied another way (nonzero_rows.h): by all processes or none, though
/// the rows of one may have more of them than those of another.
TEST(WorkerRows, MultiplyZerosAlike) {
  Problem problem = sample_problem(20000, 60, 2, Storage::kFloat, false, 0.95);
  problem.units = {};  // a zero that is centered is none
  ASSERT_TRUE(PassEngine::whole(problem, 1).nonzeros.value());
  expect_same_sums(problem, 3, 1);
  MatrixF uneven(problem.rows(), problem.cols());
  load_rows(problem.features, {}, 0, problem.rows(), uneven.data(), problem.cols());
  uneven.bottomRows(problem.rows() / 3).setOnes();
  problem.features = stored_as(uneven, Storage::kFloat);
  ASSERT_FALSE(PassEngine::whole(problem, 1).nonzeros.value());
  expect_same_sums(problem, 3, 1);
}

TEST(WorkerRows, SparseRowsOfManyEntriesHaveSections) {
  const Problem many = sample_problem(6000, 3, 4, Storage::kSparse, false);
  EXPECT_GT(PassEngine::whole(many, 1).grid.sections, 4);
  const Problem few = sample_problem(6000, 500, 4, Storage::kSparse, false, 0.99);
  EXPECT_EQ(PassEngine::whole(few, 1).grid.sections, 1);
  expect_same_sums(few, 2, 1);  // which have nothing to do
}

Dataset data_of(const Problem& problem) {
  Dataset data;
  data.features = problem.features;
  data.labels = problem.labels;
  std::vector<std::string> names;
  for (Index c = 0; c < problem.classes; ++c) names.push_back(std::to_string(c));
  data.schema = array_schema(problem.cols(), names);
  if (problem.features.is_sparse()) data.schema.format = FileFormat::kLibsvm;
  return data;
}

TEST(Workers, SolveToTheSameBitsAndProof) {
  for (const Storage storage : {Storage::kFloat, Storage::kBytes, Storage::kSparse}) {
    for (const double l2 : {1e-3, 0.0}) {
      SCOPED_TRACE(fmt::format("storage {}, λ = {}", static_cast<int>(storage), l2));
      // 39 or 2 features: L-BFGS with a preconditioner made of drawn rows, or Newton.
      for (const Index cols : {Index{39}, Index{2}}) {
        const Dataset data = data_of(sample_problem(12000, cols, 11, storage, false));
        const SoftmaxFit alone = fit_softmax(data, {.l2 = l2}, {.threads = 2});
        for (const int count : {1, 3}) {
          ThreadWorkers team(count);
          const SoftmaxFit shared = fit_softmax(data, {.l2 = l2}, {.threads = 1, .workers = &team.workers});
          EXPECT_EQ(alone.report.status, Status::kCertified);
          EXPECT_EQ(alone.report.status, shared.report.status);
          EXPECT_EQ(alone.report.iterations, shared.report.iterations);
          EXPECT_EQ(alone.report.passes, shared.report.passes);
          EXPECT_EQ(alone.report.objective, shared.report.objective);
          EXPECT_EQ(alone.report.gap, shared.report.gap);
          EXPECT_EQ(alone.model.layers[0].weights, shared.model.layers[0].weights);
          EXPECT_EQ(alone.model.layers[0].bias, shared.model.layers[0].bias);
        }
      }
    }
  }
}

/// Counts what comes in.
class CountingChannel : public Channel {
 public:
  explicit CountingChannel(std::unique_ptr<Channel> inner) : inner_(std::move(inner)) {}
  void send(std::string_view message) override { inner_->send(message); }
  std::string receive() override {
    std::string message = inner_->receive();
    received += message.size();
    return message;
  }

  std::size_t received = 0;

 private:
  std::unique_ptr<Channel> inner_;
};

TEST(Workers, AnswerWithLittleMoreThanTheSums) {
  const Index d = 784, k = 10;
  const Problem problem = sample_problem(4000, d, k, Storage::kBytes, false);
  ThreadWorkers team(1);
  auto counting = std::make_unique<CountingChannel>(std::move(team.workers.channels[0]));
  CountingChannel& counted = *counting;
  team.workers.channels[0] = std::move(counting);
  WorkerRows rows(problem, 1, 0, team.workers);
  const Parameters w = 0.05 * Rng(8).normals(d + 1, k);
  rows.ask({.question = Question::kGradient, .first = &w});
  EXPECT_LE(static_cast<double>(counted.received), 1.02 * 8 * static_cast<double>((d + 1) * k));
}

/// The rows from each of these to the next.
std::vector<Dataset> parts_of(const Dataset& data, const std::vector<Index>& first_rows) {
  std::vector<Dataset> parts;
  for (std::size_t k = 0; k + 1 < first_rows.size(); ++k) {
    Dataset part;
    const Index first = first_rows[k], count = first_rows[k + 1] - first;
    part.features = data.features.slice(first, count);
    part.labels.assign(data.labels.begin() + first, data.labels.begin() + first + count);
    if (data.sample_weight.size() > 0) part.sample_weight = data.sample_weight.segment(first, count);
    part.schema = data.schema;
    part.unit = data.unit;
    parts.push_back(std::move(part));
  }
  return parts;
}

TEST(WorkersOwnRows, SolveToTheSameBitsAndProof) {
  for (const Storage storage : {Storage::kFloat, Storage::kBytes}) {
    for (const Index cols : {Index{39}, Index{2}}) {
      Dataset data = data_of(sample_problem(12000, cols, 11, storage, false));
      data.schema.format = FileFormat::kNpy;  // standardized: moments of the columns are the workers', too
      for (const bool weighted : {false, true}) {
        if (weighted) data.sample_weight = Vector::NullaryExpr(data.rows(), [](Index i) { return 1.0 + i % 3; });
        const SoftmaxFit alone = fit_softmax(data, {.l2 = 1e-3}, {.threads = 2});
        const std::vector<Index> bounds = chunk_bounds(data.rows(), cols);
        ASSERT_GT(bounds.size(), 20U);
        const std::vector<Index> cuts{0, bounds[3], bounds[3], bounds[11], data.rows()};  // one has no rows
        const std::vector<Dataset> own = parts_of(data, cuts);
        ThreadWorkers team(own);
        const Dataset all = rows_of(team.workers);
        EXPECT_EQ(all.labels, data.labels);
        EXPECT_TRUE(all.features.is_elsewhere());
        const SoftmaxFit shared = fit_softmax(all, {.l2 = 1e-3}, {.threads = 1, .workers = &team.workers});
        EXPECT_EQ(alone.report.status, Status::kCertified) << alone.report.why;
        EXPECT_EQ(alone.report.status, shared.report.status) << shared.report.why;
        EXPECT_EQ(alone.report.iterations, shared.report.iterations);
        EXPECT_EQ(alone.report.passes, shared.report.passes);
        EXPECT_EQ(alone.report.objective, shared.report.objective);
        EXPECT_EQ(alone.report.gap, shared.report.gap);
        EXPECT_EQ(alone.model.layers[0].weights, shared.model.layers[0].weights);
        EXPECT_EQ(alone.model.layers[0].bias, shared.model.layers[0].bias);
        EXPECT_EQ(alone.model.center, shared.model.center);
      }
    }
  }
}

/// Tasks that run on one of several servers of the same rows, any of which may be replaced by a fresh one before each.
class TasksAnywhere : public TaskChannel {
 public:
  TasksAnywhere(Dataset own, int servers, double mortality)
      : own_(std::move(own)), servers_(servers), mortality_(mortality) {}

  int tasks = 0;

 protected:
  void submit(std::string_view task) override {
    ++tasks;
    std::unique_ptr<RowServer>& server = servers_[rng_.below(std::ssize(servers_))];
    if (!server || rng_.uniform() < mortality_) server = std::make_unique<RowServer>(own_, 1);
    result_ = server->run(task);
  }
  std::string result() override { return std::move(result_); }

 private:
  Dataset own_;
  std::vector<std::unique_ptr<RowServer>> servers_;
  double mortality_;
  Rng rng_{3};
  std::string result_;
};

TEST(TaskChannel, SolvesToTheSameBitsWhereverTasksRun) {
  for (const Index cols : {Index{39}, Index{2}}) {
    Dataset data = data_of(sample_problem(12000, cols, 11, Storage::kFloat, false));
    data.schema.format = FileFormat::kNpy;
    const SoftmaxFit alone = fit_softmax(data, {.l2 = 1e-3}, {.threads = 2});
    const std::vector<Index> bounds = chunk_bounds(data.rows(), cols);
    std::vector<int> tasks;
    for (const auto& [servers, mortality] : {std::pair{1, 0.0}, {1, 0.2}, {3, 0.1}, {1, 1.0}}) {
      SCOPED_TRACE(fmt::format("{} features, {} servers, mortality {}", cols, servers, mortality));
      Workers workers;
      for (const Dataset& part : parts_of(data, {0, bounds[9], data.rows()}))
        workers.channels.push_back(std::make_unique<TasksAnywhere>(part, servers, mortality));
      const auto& first = static_cast<const TasksAnywhere&>(*workers.channels[0]);
      for (int time = 0; time < 2; ++time) {  // servers have answered others before
        const Dataset all = rows_of(workers);
        EXPECT_TRUE(all.notices.empty());
        const SoftmaxFit shared = fit_softmax(all, {.l2 = 1e-3}, {.threads = 1, .workers = &workers});
        EXPECT_EQ(shared.report.status, Status::kCertified) << shared.report.why;
        EXPECT_EQ(alone.report.iterations, shared.report.iterations);
        EXPECT_EQ(alone.report.passes, shared.report.passes);
        EXPECT_EQ(alone.report.gap, shared.report.gap);
        EXPECT_EQ(alone.model.layers[0].weights, shared.model.layers[0].weights);
      }
      tasks.push_back(first.tasks);
    }
    EXPECT_GT(tasks[1], tasks[0]);  // what was not heard was told
    EXPECT_GT(tasks[3], tasks[1]);
  }
}

TEST(TaskChannel, RunsNoTasksAboutRowsDealtOut) {
  const Dataset data = data_of(sample_problem(3000, 20, 4, Storage::kFloat, false));
  Workers workers;
  workers.channels.push_back(std::make_unique<TasksAnywhere>(data, 1, 0));
  EXPECT_THROW(fit_softmax(data, {.l2 = 1e-3}, {.workers = &workers}), Error);
}

TEST(WorkersOwnRows, CutAnywhereAreCertified) {
  const Dataset data = data_of(sample_problem(9000, 20, 4, Storage::kFloat, false));
  const double f = fit_softmax(data, {.l2 = 1e-3}, {.threads = 1}).report.objective;
  for (const std::vector<Index>& cuts : {std::vector<Index>{0, 1, 4001, 4500, 9000}, std::vector<Index>{0, 9000}}) {
    const std::vector<Dataset> own = parts_of(data, cuts);
    ThreadWorkers team(own);
    const Dataset all = rows_of(team.workers);
    EXPECT_EQ(all.notices.empty(), cuts.size() == 2);  // one worker's begin where the first chunk does
    const SoftmaxFit fit = fit_softmax(all, {.l2 = 1e-3}, {.workers = &team.workers});
    EXPECT_EQ(fit.report.status, Status::kCertified) << fit.report.why;
    EXPECT_NEAR(fit.report.objective, f, 1e-8);
  }
}

TEST(WorkersOwnRows, WantAPenaltyAndTheSameColumns) {
  const Dataset data = data_of(sample_problem(3000, 20, 4, Storage::kFloat, false));
  std::vector<Dataset> own = parts_of(data, {0, 1000, 3000});
  {
    ThreadWorkers team(own);
    const Dataset all = rows_of(team.workers);
    EXPECT_THROW(fit_softmax(all, {.l2 = 0}, {.workers = &team.workers}), Error);
    EXPECT_THROW(fit_softmax(all, {.l2 = 1e-3}, {}), Error);
  }
  own[1].schema.classes.back() = "another";
  ThreadWorkers team(own);
  EXPECT_THROW(rows_of(team.workers), Error);
  ThreadWorkers none(1);
  EXPECT_THROW(rows_of(none.workers), Error);
}

TEST(Workers, OneThatIsGoneIsAnErrorThatSaysSo) {
  const Problem problem = sample_problem(20000, 12, 3, Storage::kBytes, false);
  Workers workers;
  auto [mine, theirs] = socket_channels();
  workers.channels.push_back(std::move(mine));
  std::thread worker([channel = std::shared_ptr<Channel>(std::move(theirs))] {
    for (int k = 0; k < 3; ++k)
      (void)channel->receive();  // its rows come in two messages; it dies at the first request
  });
  WorkerRows rows(problem, 1, 0, workers);
  const Parameters w = Parameters::Zero(13, 3);
  try {
    rows.ask({.question = Question::kValue, .first = &w});
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kIo);
    EXPECT_NE(std::string(error.what()).find("is gone"), std::string::npos);
  }
  worker.join();
}

TEST(Workers, AnErrorOfAWorkerIsThrownByTheDriver) {
  auto [mine, theirs] = socket_channels();
  std::thread worker([channel = std::shared_ptr<Channel>(std::move(theirs))] { serve_rows(*channel); });
  MessageWriter asking;
  asking.put(Saying::kAsk), asking.put(std::uint32_t{7});
  const Parameters w = Parameters::Zero(2, 2);
  write({.question = Question::kValue, .first = &w}, asking);
  mine->send(asking.take());
  TreeSum<Sums> tree(1);
  EXPECT_THROW(read_answer(mine->receive(), tree), Error);
  MessageWriter opening;  // of another version
  opening.put(Saying::kOpen), opening.put(std::uint32_t{8}), opening.put_text("Poise 0");
  mine->send(opening.take());
  MessageWriter again;
  again.put(Saying::kAsk), again.put(std::uint32_t{8});
  write({.question = Question::kValue, .first = &w}, again);
  mine->send(again.take());
  try {
    read_answer(mine->receive(), tree);
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("compute differently"), std::string::npos);
  }
  Workers workers;
  workers.channels.push_back(std::move(mine));
  workers.end();
  worker.join();
}

TEST(TreeSum, AddsAsTheTreeOfReductions) {
  for (Index count = 1; count <= 40; ++count) {
    std::vector<double> values(count);
    Rng rng(11);
    for (double& value : values) value = rng.uniform(-1, 1) * std::exp2(static_cast<double>(rng.below(60)));
    std::vector<double> reduced = values;
    tree_reduce(count, 1, [&](Index into, Index from) { reduced[into] += reduced[from]; });
    std::vector<Index> order(count);
    for (Index k = 0; k < count; ++k) order[k] = k;
    for (Index k = count - 1; k > 0; --k) std::swap(order[k], order[rng.below(k + 1)]);
    TreeSum<double> tree(count);
    for (const Index k : order) {
      EXPECT_FALSE(tree.is_complete());
      tree.add({k, k + 1}, values[k]);
    }
    ASSERT_TRUE(tree.is_complete());
    EXPECT_EQ(tree.root(), reduced[0]);
  }
}

TEST(Features, ASliceIsALookAtItsRows) {
  Rng rng(3);
  MatrixF x(30, 7);
  for (float& value : x.reshaped()) value = static_cast<float>(rng.below(4));
  for (const Storage storage : {Storage::kFloat, Storage::kBytes, Storage::kSparse}) {
    const Features all = stored_as(x, storage), some = all.slice(11, 8), none = all.slice(30, 0);
    EXPECT_EQ(none.rows(), 0);
    ASSERT_EQ(some.rows(), 8);
    for (Index i = 0; i < 8; ++i) {
      for (Index j = 0; j < 7; ++j) EXPECT_EQ(some.value(i, j), static_cast<double>(x(11 + i, j)));
    }
    if (storage != Storage::kSparse) {
      EXPECT_EQ(some.dense().data, all.dense().record(11));
    } else {
      EXPECT_EQ(some.sparse()->columns.data(), all.sparse()->columns.data() + all.sparse()->row_start[11]);
    }
  }
}

}  // namespace
}  // namespace poise
