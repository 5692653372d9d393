#include "convex/workers/protocol.h"

#include <fmt/core.h>
#include <gnu/libc-version.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>
#include <utility>

#include "base/index.h"
#include "base/streamed_pages.h"
#include "data/schema_json.h"
#include "hwy/targets.h"
#include "poise/error.h"
#include "poise/version.h"

namespace poise::inline convex {
namespace {

constexpr int kVersion = 1;  // of these messages
constexpr Index kPieceBytes = Index{32} << 20;

void write(const ChunkGrid& grid, MessageWriter& to) {
  for (const Index number : {grid.rows, grid.block_rows, grid.chunks, grid.sections}) to.put(number);
  to.put_all(grid.bounds);
}

ChunkGrid read_grid(MessageReader& from) {
  ChunkGrid grid;
  for (Index* number : {&grid.rows, &grid.block_rows, &grid.chunks, &grid.sections}) *number = from.get<Index>();
  grid.bounds = from.get_all<Index>();
  return grid;
}

void check_arithmetic(const std::string& theirs) {
  const std::string ours = arithmetic_of_process();
  require(theirs == ours, fmt::format("processes that compute differently: {} and {}", theirs, ours),
          "the same tool on processors with the same instructions");
}

void write_head(const Problem& problem, const Share& share, MessageWriter& to) {
  write(share.grid, to);
  to.put(share.chunks);
  to.put(share.nonzeros);
  to.put(problem.classes);
  to.put(problem.smoothing);
  to.put_all(problem.labels);
  to.put_matrix(problem.targets);
  to.put_matrix(problem.row_weight);
  to.put_all(problem.units.center);
  to.put_all(problem.units.gain);
}

void send_piece(Channel& to, const void* from, std::size_t bytes) {
  std::string piece(1, static_cast<char>(Saying::kRows));
  piece.append(static_cast<const char*>(from), bytes);
  to.send(piece);
}

/// The bytes of a piece, of which at most so many are still to come.
std::string_view bytes_of(const std::string& piece, std::size_t most) {
  if (piece.size() == 1 && piece[0] == static_cast<char>(Saying::kEnd)) throw Ended();
  require(piece.size() > 1 && piece[0] == static_cast<char>(Saying::kRows) && piece.size() - 1 <= most,
          "rows of another process of another size", "those that it announced");
  return std::string_view(piece).substr(1);
}

/// Entries of an array in pieces.
template <typename T>
void send_array(Channel& to, std::span<const T> values) {
  constexpr std::size_t kPiece = kPieceBytes / sizeof(T);
  for (std::size_t first = 0; first < values.size(); first += kPiece) {
    const std::span<const T> piece = values.subspan(first, std::min(kPiece, values.size() - first));
    send_piece(to, piece.data(), piece.size_bytes());
  }
}

template <typename T>
std::vector<T> receive_array(Channel& from, std::size_t size) {
  std::vector<T> values;
  values.reserve(size);
  while (values.size() < size) {
    const std::string piece = from.receive();
    const std::size_t at = values.size();
    const std::string_view bytes = bytes_of(piece, (size - at) * sizeof(T));
    values.resize(at + (bytes.size() + sizeof(T) - 1) / sizeof(T));
    std::memcpy(values.data() + at, bytes.data(), bytes.size());
  }
  return values;
}

void send_dense(Channel& to, const Features& x, Index stride) {
  const Index at_once = std::max<Index>(1, kPieceBytes / std::max<Index>(stride, 1));
  std::vector<Index> rows;
  for (Index first = 0; first < x.rows(); first += at_once) {
    rows.resize(std::min(at_once, x.rows() - first));
    std::iota(rows.begin(), rows.end(), first);
    const Features piece = x.select_rows(rows);  // without gaps
    send_piece(to, piece.dense().data, rows.size() * static_cast<std::size_t>(stride));
  }
}

Features receive_dense(Channel& from, DenseRows records, Index rows, std::uint64_t memory) {
  const Room room = make_room(rows * records.stride, memory);
  auto* out = room.as<std::byte>();
  records.data = out;
  for (Index left = rows * records.stride; left > 0;) {
    const std::string piece = from.receive();
    const std::string_view bytes = bytes_of(piece, static_cast<std::size_t>(left));
    std::memcpy(out, bytes.data(), bytes.size());
    room.touched(out, out + bytes.size());
    out += bytes.size(), left -= std::ssize(bytes);
  }
  return Features::from_records(room.memory, std::move(records), rows).streamed(room.pages);
}

void write_parameters(const Parameters* w, MessageWriter& to) { w ? to.put_matrix(*w) : to.put_matrix(Parameters()); }

}  // namespace

void write(const Request& request, MessageWriter& to) {
  to.put(request.question), to.put(request.arithmetic), to.put(request.seed);
  to.put_matrix(request.vector);
  write_parameters(request.first, to);
  write_parameters(request.second, to);
}

std::unique_ptr<OwnedRequest> read_request(MessageReader& from) {
  auto read = std::make_unique<OwnedRequest>();
  read->request.question = from.get<Question>();
  read->request.arithmetic = from.get<Arithmetic>();
  read->request.seed = from.get<std::uint64_t>();
  read->request.vector = from.get_matrix<Vector>();
  read->first = from.get_matrix<Parameters>();
  read->second = from.get_matrix<Parameters>();
  if (read->first.size() > 0) read->request.first = &read->first;
  if (read->second.size() > 0) read->request.second = &read->second;
  return read;
}

void write(TreeSum<Sums> sums, MessageWriter& to) {
  auto parts = sums.parts();
  to.put(true);
  to.put(static_cast<std::uint64_t>(parts.size()));
  for (const auto& [node, sum] : parts) {
    to.put(node);
    to.put_matrix(sum.product);
    to.put_all(sum.numbers);
    to.put_all(sum.list);
  }
}

void write(const Error& error, MessageWriter& to) {
  to.put(false);
  to.put(error.kind());
  for (const std::string& text : {error.found(), error.expected(), error.hint()}) to.put_text(text);
}

MessageReader read_beginning(std::string_view answer) {
  MessageReader from(answer);
  if (from.get<bool>()) return from;
  const auto kind = from.get<ErrorKind>();
  const std::string found = from.get_text(), expected = from.get_text();
  throw Error(kind, found, expected, from.get_text());
}

void read_answer(std::string_view answer, TreeSum<Sums>& tree) {
  MessageReader from = read_beginning(answer);
  for (auto left = from.get<std::uint64_t>(); left > 0; --left) {
    const auto node = from.get<TreeNode>();
    Sums sums;
    sums.product = from.get_matrix<Parameters>();
    sums.numbers = from.get_all<double>();
    sums.list = from.get_all<double>();
    tree.add(node, std::move(sums));
  }
}

void send_rows(Channel& to, std::uint32_t number, const Problem& rows, const Share& share, const Means& means) {
  MessageWriter opening;
  opening.put(Saying::kOpen), opening.put(number);
  opening.put_text(arithmetic_of_process());
  opening.put(means);
  write_head(rows, share, opening);
  const Features& x = rows.features;
  opening.put(x.rows()), opening.put(x.cols()), opening.put(x.is_sparse());
  if (const CsrView* sparse = x.sparse()) {
    opening.put(sparse->columns.size()), opening.put(sparse->doubles.empty());
    to.send(opening.take());
    send_array(to, sparse->row_start);
    send_array(to, sparse->columns);
    send_array(to, sparse->values);
    send_array(to, sparse->doubles);
    return;
  }
  const std::vector<Index> first(x.rows() > 0 ? 1 : 0, 0);
  const DenseRows records = x.select_rows(first).dense();  // as they are without gaps
  opening.put(records.stride);
  opening.put_all(records.runs);
  to.send(opening.take());
  send_dense(to, x, records.stride);
}

OpenedRows receive_rows(MessageReader& opening, Channel& from) {
  check_arithmetic(opening.get_text());
  const auto means = opening.get<Means>();
  OpenedRows opened{std::make_unique<Problem>(), {read_grid(opening), opening.get<TreeNode>()}, means};
  opened.share.nonzeros = opening.get<std::optional<bool>>();
  Problem& problem = *opened.problem;
  problem.classes = opening.get<Index>();
  problem.smoothing = opening.get<double>();
  problem.labels = opening.get_all<std::int32_t>();
  problem.targets = opening.get_matrix<Matrix>();
  problem.row_weight = opening.get_matrix<Vector>();
  problem.units.center = opening.get_all<double>();
  problem.units.gain = opening.get_all<double>();
  const auto rows = opening.get<Index>(), cols = opening.get<Index>();
  if (opening.get<bool>()) {
    CsrMatrix sparse;
    const auto entries = opening.get<std::size_t>();
    const bool in_float = opening.get<bool>();
    sparse.cols = cols;
    sparse.row_start = receive_array<Index>(from, rows + 1);
    sparse.columns = receive_array<std::int32_t>(from, entries);
    if (in_float) sparse.values = receive_array<float>(from, entries);
    if (!in_float) sparse.doubles = receive_array<double>(from, entries);
    problem.features = Features::from_sparse(std::move(sparse));
  } else {
    DenseRows records;
    records.stride = opening.get<Index>();
    records.runs = opening.get_all<ColumnRun>();
    problem.features = receive_dense(from, std::move(records), rows, means.memory);
  }
  return opened;
}

void send_opening(Channel& to, std::uint32_t number, const Problem& rows, const Share& share, const Means& means) {
  MessageWriter opening;
  opening.put(Saying::kOpenOwn), opening.put(number);
  opening.put_text(arithmetic_of_process());
  opening.put(means);
  write(share.grid, opening);
  opening.put(share.chunks), opening.put(share.nonzeros);
  opening.put(rows.classes), opening.put(rows.smoothing);
  opening.put_matrix(rows.row_weight);
  to.send(opening.take());
}

OpenedRows open_own(MessageReader& opening, const Dataset& own) {
  check_arithmetic(opening.get_text());
  const auto means = opening.get<Means>();
  OpenedRows opened{std::make_unique<Problem>(), {read_grid(opening), opening.get<TreeNode>()}, means};
  opened.share.nonzeros = opening.get<std::optional<bool>>();
  Problem& problem = *opened.problem;
  problem.classes = opening.get<Index>();
  problem.smoothing = opening.get<double>();
  problem.row_weight = opening.get_matrix<Vector>();
  require(problem.row_weight.size() == own.rows(), "other rows than the worker has", "those that it told of");
  problem.features = own.features;
  problem.labels = own.labels;
  problem.targets = own.targets;
  return opened;
}

void write_all_but_features(const Dataset& own, MessageWriter& to) {
  require(!own.features.is_sparse(), "a worker's own rows that are sparse", "dense ones");
  require(own.rows() == 0 || own.has_targets(), "a worker's own rows without labels", "a label for every row");
  const std::vector<Index> first(own.rows() > 0 ? 1 : 0, 0);
  const DenseRows records = own.features.select_rows(first).dense();  // as they are without gaps
  to.put(true);
  to.put(own.rows()), to.put(records.stride);
  to.put_all(records.runs);
  to.put_text(schema_to_json(own.schema).dump());
  to.put(own.unit);
  to.put_all(own.labels);
  to.put_matrix(own.targets);
  to.put_matrix(own.sample_weight);
}

void write_features(const Features& x, const std::vector<Index>& rows, MessageWriter& to) {
  const Features picked = x.select_rows(rows);
  const auto* const bytes = reinterpret_cast<const char*>(picked.dense().data);
  to.put(true);
  to.put_text({bytes, rows.size() * static_cast<std::size_t>(picked.dense().stride)});
}

std::string arithmetic_of_process() {
  return fmt::format("Poise {} (messages {}, instructions {:x}, libc {})", poise::kVersion, kVersion,
                     static_cast<std::uint64_t>(hwy::SupportedTargets()), gnu_get_libc_version());
}

}  // namespace poise::inline convex
