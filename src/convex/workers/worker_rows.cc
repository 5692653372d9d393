#include "convex/workers/worker_rows.h"

#include <fmt/core.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <exception>
#include <nlohmann/json.hpp>

#include "base/index.h"
#include "base/pages.h"
#include "convex/workers/protocol.h"
#include "data/schema_json.h"
#include "poise/error.h"
#include "rows/column_moments.h"

namespace poise::inline convex {
namespace {

std::uint32_t next_number() {
  static std::atomic<std::uint32_t> number{0};
  return number++;
}

/// Of several steps each is taken, though one before it has thrown: answers that are still to come belong to what was
/// asked.
class AllSteps {
 public:
  template <typename Step>
  void take(const Step& step) {
    try {
      step();
    } catch (...) {
      if (!failed_) failed_ = std::current_exception();
    }
  }
  /// What was thrown first.
  void rethrow() const {
    if (failed_) std::rethrow_exception(failed_);
  }

 private:
  std::exception_ptr failed_;
};

MessageWriter about(Saying saying, std::uint32_t number) {
  MessageWriter message;
  message.put(saying), message.put(number);
  return message;
}

}  // namespace

WorkerRows::WorkerRows(const Problem& problem, int threads, std::uint64_t memory, Workers& workers)
    : problem_(&problem), number_(next_number()), share_(PassEngine::whole(problem, threads)) {
  problem.features.is_elsewhere() ? open_rows_of_workers(threads, memory, workers) : deal_out(threads, memory, workers);
}

void WorkerRows::deal_out(int threads, std::uint64_t memory, Workers& workers) {
  const ChunkGrid& grid = share_.grid;
  // Products of sparse rows are sums over sections, which nobody divides.
  const Index units = problem_->features.is_sparse() ? grid.sections : grid.chunks, of_unit = grid.chunks / units;
  const Index owners = std::min<Index>(std::ssize(workers.channels) + 1, units);
  Share share = share_;
  const auto part = [&](Index owner) {
    share.chunks = {part_begin(units, owners, owner) * of_unit, part_begin(units, owners, owner + 1) * of_unit};
    const Index first = grid.begin(share.chunks.first);
    return slice_rows(*problem_, first, grid.begin(share.chunks.end) - first);
  };
  for (Index owner = 1; owner < owners; ++owner) {
    busy_.push_back(workers.channels[owner - 1].get());
    const Problem rows = part(owner);
    send_rows(*busy_.back(), number_, rows, share, {threads, memory});
  }
  own_problem_ = part(0);
  own_ = std::make_unique<LocalRows>(own_problem_, threads, memory, share);
}

void WorkerRows::open_rows_of_workers(int threads, std::uint64_t memory, Workers& workers) {
  require((problem_->features.first_rows().size() == workers.channels.size() + 1), "rows of other workers than these",
          "the workers that rows_of has asked");
  const std::vector<Index>& first_rows = problem_->features.first_rows();
  Share share = share_;
  for (std::size_t k = 0; k < workers.channels.size(); ++k) {
    const Index first = first_rows[k], count = first_rows[k + 1] - first;
    if (count == 0) continue;
    busy_.push_back(workers.channels[k].get());
    first_rows_.push_back(first);
    share.chunks = share.grid.chunks_between(first, first + count);
    Problem rows = without_rows(*problem_);
    rows.row_weight = problem_->row_weight.segment(first, count);
    send_opening(*busy_.back(), number_, rows, share, {threads, memory});
  }
  first_rows_.push_back(first_rows.back());
}

void WorkerRows::is_about(const Problem& its) {
  problem_ = &its;
  MessageWriter message = about(Saying::kUnits, number_);
  message.put_all(its.units.center);
  message.put_all(its.units.gain);
  const std::string units = message.take();
  for (Channel* channel : busy_) channel->send(units);
}

void WorkerRows::stop_when(Stop stop) {
  stop_ = stop;
  if (own_) own_->stop_when(std::move(stop));
}

WorkerRows::~WorkerRows() {
  for (Channel* channel : busy_) {
    try {
      channel->send(about(Saying::kClose, number_).take());
    } catch (const std::exception&) {  // it is gone, and with it what it had
    }
  }
}

Sums WorkerRows::ask(const Request& request) {
  MessageWriter message = about(Saying::kAsk, number_);
  write(request, message);
  const std::string asked = message.take();
  for (Channel* channel : busy_) channel->send(asked);
  TreeSum<Sums> tree(grid().chunks);
  AllSteps steps;
  if (own_) {
    steps.take([&] {
      TreeSum<Sums> own = own_->sums(request);
      for (auto& [node, sums] : own.parts()) tree.add(node, std::move(sums));
    });
  }
  for (Channel* channel : busy_) steps.take([&] { read_answer(channel->receive(), tree); });
  steps.rethrow();
  if ((stop_ && stop_()) || (request.stop && *request.stop && (*request.stop)())) throw PassStopped();
  return tree.root();
}

Problem WorkerRows::rows_at(std::span<const Index> rows) {
  if (own_) return pick_rows(*problem_, rows);
  DenseRows records = problem_->features.dense();
  const auto stride = static_cast<std::size_t>(records.stride);
  const auto memory = allocate_unwritten(rows.size() * stride);
  auto* const out = static_cast<std::byte*>(memory.get());
  std::vector<std::vector<std::size_t>> places(busy_.size());  // in `rows`, of what each of them has
  for (std::size_t k = 0; k < busy_.size(); ++k) {
    std::vector<Index> here;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (rows[i] < first_rows_[k] || rows[i] >= first_rows_[k + 1]) continue;
      here.push_back(rows[i] - first_rows_[k]);
      places[k].push_back(i);
    }
    if (here.empty()) continue;
    MessageWriter message = about(Saying::kFetch, number_);
    message.put_all(here);
    busy_[k]->send(message.take());
  }
  AllSteps steps;
  for (std::size_t k = 0; k < busy_.size(); ++k) {
    if (places[k].empty()) continue;
    steps.take([&] {
      const std::string answer = busy_[k]->receive();
      const std::vector<std::byte> bytes = read_beginning(answer).get_all<std::byte>();
      require(bytes.size() == places[k].size() * stride, "rows of another size", "those of the data");
      for (std::size_t i = 0; i < places[k].size(); ++i)
        std::memcpy(out + places[k][i] * stride, bytes.data() + i * stride, stride);
    });
  }
  steps.rethrow();
  records.data = out;
  Problem part = without_rows(*problem_);
  part.features = part.given = Features::from_records(memory, std::move(records), std::ssize(rows));
  pick_targets(*problem_, rows, part);
  return part;
}

ColumnMoments moments_of(RowOwner& rows, const Features& x) {
  const std::vector<Index> first{0};
  const Problem one = rows.rows_at(first);
  std::vector<double> origin(x.cols());
  load_row(one.features, {}, 0, origin.data());
  const auto as_vector = [](const std::vector<double>& numbers) {
    return Vector(Eigen::Map<const Vector>(numbers.data(), std::ssize(numbers)));
  };
  return column_moments(
      x, origin,
      [&](const std::vector<double>& from) {
        return rows.ask({.question = Question::kMeans, .vector = as_vector(from)}).list;
      },
      [&](const ColumnCenters& centers) {
        Vector all(3 * x.cols());
        all << as_vector(centers.mean), as_vector(centers.mean_unit), as_vector(centers.zero_unit);
        return rows.ask({.question = Question::kSpreads, .vector = all}).list;
      });
}

}  // namespace poise::inline convex

namespace poise {

std::vector<Index> chunk_bounds(Index rows, Index features) {
  DenseRows shape;
  if (features > 0) shape.runs.push_back({NumberType::kFloat32, 0, features});
  return ChunkGrid(Features::elsewhere(shape, {0, rows})).bounds;
}

Dataset rows_of(Workers& workers) {
  require(!workers.channels.empty(), "no workers", "at least one");
  MessageWriter message;
  message.put(Saying::kJoin);
  const std::string joining = message.take();
  for (const auto& channel : workers.channels) channel->send(joining);
  Dataset all;
  DenseRows shape;
  std::vector<Index> first_rows{0};
  std::vector<double> weights;
  std::vector<Matrix> targets;
  for (std::size_t k = 0; k < workers.channels.size(); ++k) {
    const std::string answer = workers.channels[k]->receive();
    MessageReader from = read_beginning(answer);
    first_rows.push_back(first_rows.back() + from.get<Index>());
    const auto stride = from.get<Index>();
    std::vector<ColumnRun> runs = from.get_all<ColumnRun>();
    Schema schema = schema_from_json(nlohmann::ordered_json::parse(from.get_text()));
    const auto unit = from.get<double>();
    const std::vector<std::int32_t> labels = from.get_all<std::int32_t>();
    targets.push_back(from.get_matrix<Matrix>());
    const Vector weight = from.get_matrix<Vector>();
    if (k == 0) {
      shape = {nullptr, stride, std::move(runs)}, all.schema = std::move(schema), all.unit = unit;
    } else {
      if (runs != shape.runs || schema.classes != all.schema.classes || unit != all.unit) {
        throw Error(ErrorKind::kData, fmt::format("worker {} has other columns or classes than worker 0", k),
                    "the same in all, stored in the same type");
      }
    }
    all.labels.insert(all.labels.end(), labels.begin(), labels.end());
    weights.insert(weights.end(), weight.begin(), weight.end());
  }
  const Index n = first_rows.back();
  const bool has_weights = !weights.empty();
  require(!has_weights || std::ssize(weights) == n, "weights of the rows of some workers", "of all, or of none");
  if (has_weights) all.sample_weight = Eigen::Map<const Vector>(weights.data(), n);
  if (all.labels.empty() && n > 0) {
    all.targets.resize(n, all.schema.class_count());
    for (std::size_t k = 0; k < targets.size(); ++k) {
      if (targets[k].rows() > 0) all.targets.middleRows(first_rows[k], targets[k].rows()) = targets[k];
    }
  }
  require(all.labels.empty() || std::ssize(all.labels) == n, "labels of some workers, targets of others", "one kind");
  all.features = Features::elsewhere(std::move(shape), std::move(first_rows));
  const std::vector<Index> bounds = chunk_bounds(n, all.features.cols());
  const auto is_bound = [&](Index row) { return std::ranges::binary_search(bounds, row); };
  if (!std::ranges::all_of(all.features.first_rows(), is_bound)) {
    all.notices.emplace_back(
        "workers' rows do not begin where chunks do: what is solved is certified, but not bit-equal to one process");
  }
  all.name = "rows of workers";
  return all;
}

}  // namespace poise
