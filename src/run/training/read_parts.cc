#include "run/training/read_parts.h"

#include <fmt/core.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/check_codes.h"
#include "base/require.h"
#include "base/words.h"
#include "data/classes.h"
#include "data/soft_targets.h"
#include "poise/error.h"

namespace poise::inline run {
namespace {

constexpr Index kFewToCalibrate = 50, kFewOfAClass = 5;  // held-out rows
constexpr Index kMostClassesNamed = 3;                   // rare classes

/// The share of the held-out rows' weight that each class has where they decide: of the accuracy of a network with
/// balanced classes every class that is there has the same.
Vector shares_of_classes(const TrainingRequest& request, const Dataset& held_out) {
  const bool balanced = request.objective.balanced_classes && request.is_network();
  Vector share = Vector::Zero(held_out.schema.class_count());
  for (std::size_t i = 0; i < held_out.labels.size(); ++i) {
    share[held_out.labels[i]] += held_out.sample_weight.size() > 0 ? held_out.sample_weight[static_cast<Index>(i)] : 1;
  }
  if (balanced) share = (share.array() > 0).cast<double>();
  return share.sum() > 0 ? Vector(share / share.sum()) : share;
}

/// Classes with few held-out rows, which decide by luck, and classes without any, which do not count at all.
void note_rare_classes(const TrainingRequest& request, const Dataset& held_out, std::vector<std::string>& notes) {
  if (held_out.labels.empty()) return;  // soft targets
  const Vector share = shares_of_classes(request, held_out);
  std::vector<Index> counts(held_out.schema.classes.size());
  for (const std::int32_t label : held_out.labels) ++counts[label];
  std::vector<std::string> absent;
  Index rare = 0;
  for (std::size_t k = 0; k < counts.size(); ++k) {
    const std::string& name = held_out.schema.classes[k];
    if (counts[k] == 0) absent.push_back(name);
    if (counts[k] == 0 || counts[k] >= kFewOfAClass || ++rare > kMostClassesNamed) continue;
    const double percent = 100 * share[static_cast<Index>(k)];
    const std::string text = fmt::format(
        "class '{}' has {} held-out row{} for {:.{}f} % of the validation: use a larger "
        "--validation",
        name, counts[k], counts[k] == 1 ? ", which counts" : "s, which count", percent, percent < 10 ? 1 : 0);
    notes.push_back(coded(text, codes::kRareClass));
  }
  if (rare > kMostClassesNamed) {
    notes.push_back(coded(fmt::format("{} more classes have fewer than {} held-out rows: use a larger --validation",
                                      rare - kMostClassesNamed, kFewOfAClass),
                          codes::kRareClass));
  }
  if (!absent.empty()) {
    notes.push_back(
        coded(fmt::format("no held-out row is of the class{} {}: the validation {} nothing of {}",
                          absent.size() == 1 ? "" : "es", list_names(absent),
                          request.calibrate ? "and the temperature know" : "knows", absent.size() == 1 ? "it" : "them"),
              codes::kRareClass));
  }
}

/// What a split leaves odd: classes without a row to train on or with few to validate by, few rows in all.
void note_split(const TrainingRequest& request, double share, Parts& parts) {
  std::vector<std::string>& notes = parts.train.notices;
  const Index rows = parts.train.rows(), held_out = parts.validation->rows();
  std::vector<Index> counts(parts.train.schema.classes.size());
  for (const std::int32_t label : parts.train.labels) ++counts[label];
  std::vector<std::string> gone;
  for (std::size_t k = 0; k < counts.size() && !parts.train.labels.empty(); ++k) {
    if (counts[k] == 0) gone.push_back(parts.train.schema.classes[k]);
  }
  const char* option = request.validation_share ? "--validation" : "the default --validation";
  if (rows < held_out) {
    notes.push_back(fmt::format("{} {} holds out {} of {} rows: {} left to train on", option, share, held_out,
                                rows + held_out, rows));
  }
  if (!gone.empty()) {
    notes.push_back(coded(fmt::format("{} {} leaves no row to train on of the class{} {}", option, share,
                                      gone.size() == 1 ? "" : "es", list_names(gone)),
                          codes::kRareClass));
  }
  if (request.calibrate && held_out < kFewToCalibrate) {
    notes.push_back(
        coded(fmt::format("--calibrate goes by {}, which makes the temperature uncertain: use a larger --validation",
                          counted(held_out, "held-out row")),
              codes::kFewHeldOut));
  }
  note_rare_classes(request, *parts.validation, notes);
}

/// Classes whose rows have less of the weight than the gap to prove is: of their own loss it says nothing.
void note_faint_classes(const TrainingRequest& request, Dataset& train) {
  if (request.is_network() || request.objective.balanced_classes || train.labels.empty()) return;
  const std::vector<double> factor = class_factors(request.objective.class_weights, train.schema);
  Vector share = Vector::Zero(train.schema.class_count());
  for (std::size_t i = 0; i < train.labels.size(); ++i) {
    const std::int32_t c = train.labels[i];
    share[c] += factor[c] * (train.sample_weight.size() > 0 ? train.sample_weight[static_cast<Index>(i)] : 1);
  }
  const double sum = share.sum();
  Index faint = 0;
  for (Index c = 0; c < share.size(); ++c) {
    if (!(share[c] > 0 && share[c] < request.solve.tolerance * sum) || ++faint > kMostClassesNamed) continue;
    train.notices.push_back(
        fmt::format("class '{}' has {:.1e} of the weight: a gap of {:g} to the optimum says nothing of its own loss",
                    train.schema.classes[c], share[c] / sum, request.solve.tolerance));
  }
  if (faint > kMostClassesNamed)
    train.notices.push_back(fmt::format("and {} more classes have as little", faint - kMostClassesNamed));
}

void require_targets(const Dataset& rows, const std::string& what, const std::string& source, const char* hint = "") {
  if (rows.has_targets()) return;
  throw Error(ErrorKind::kData, fmt::format("the {}data has no labels", what), "a label column or file", hint,
              {source});
}

/// What readers make sure of and a program may get wrong; `what` as in "validation ".
void check_rows_in_memory(const Dataset& data, const std::string& what, bool labeled) {
  const Index n = data.rows(), classes = data.schema.class_count();
  const auto refuse = [&](const std::string& found, const std::string& expected) {
    throw Error(ErrorKind::kData, fmt::format("the {}rows have {}", what, found), expected, "", {data.name});
  };
  if (data.features.cols() != data.schema.feature_count()) {
    refuse(fmt::format("{}", counted(data.features.cols(), "feature")),
           fmt::format("{}, as their schema says", data.schema.feature_count()));
  }
  const Vector& weight = data.sample_weight;
  if (weight.size() > 0 && (weight.size() != n || !((weight.array() >= 0).all() && weight.allFinite())))
    refuse("weights that are none", fmt::format("{} numbers, 0 or more", n));
  if (!labeled) return;
  const std::int64_t given = data.labels.empty() ? data.targets.rows() : std::ssize(data.labels);
  if (given != n) refuse(counted(given, "label"), fmt::format("one for each of the {} rows", n));
  if (std::ranges::any_of(data.labels, [&](std::int32_t label) { return label < 0 || label >= classes; }))
    refuse("a label that is no class", fmt::format("labels from 0 to {}", classes - 1));
  if (data.targets.size() == 0) return;
  if (data.targets.cols() != classes)
    refuse(counted(data.targets.cols(), "column") + " of targets",
           fmt::format("one for each of the {} classes", classes));
  check_distributions(data.targets, data.name);
}

void drop_labels(Dataset& data) {
  data.labels.clear();
  data.targets.resize(0, 0);
  data.schema.classes.clear();
}

/// Rows in memory, or read: those to train on, or with the `schema` of these others, `what` as in "validation ".
/// Without labels where the features are the target.
Dataset rows_of(const TrainingRequest& request, const DataSource& source, const Schema* schema, const std::string& what,
                Watcher* watcher) {
  const bool labeled = request.network.target == Target::kClasses;
  ReadOptions options = request.read;
  if (watcher) options.watcher = watcher;
  options.labels = labeled;
  if (schema) options.labels_file.clear();
  Dataset rows = source.rows ? *source.rows
                 : schema    ? read_dataset(source.path, options, *schema)
                             : read_dataset(source.path, options);
  if (labeled) {
    require_targets(rows, what, source.path, schema ? "" : "--label or --labels");
  } else {
    drop_labels(rows);
  }
  if (!source.rows) return rows;
  require(!rows.features.is_elsewhere() || request.solve.workers, "rows that workers have, without the workers",
          "those that rows_of has asked");
  check_rows_in_memory(rows, what, labeled);
  if (schema && (rows.features.cols() != schema->feature_count() || rows.schema.classes != schema->classes)) {
    throw Error(ErrorKind::kData, fmt::format("the {}rows have other features or classes than those to train on", what),
                "the same features, and the same classes in the same order", "", {source.path});
  }
  return rows;
}

Parts hold_out(const TrainingRequest& request, double share, Dataset all) {
  if (share <= 0) return {std::move(all), std::nullopt, std::nullopt};
  require(!all.features.is_elsewhere(), "a share to hold out of rows that workers have", "other rows to validate by");
  const Index held_out = held_out_rows(all.rows(), share);
  if (held_out == 0 && !request.validation_share && !request.calibrate && request.network.patience == 0) {
    all.notices.push_back(
        coded(fmt::format("{} {} too few to hold some out", counted(all.rows(), "row"), all.rows() == 1 ? "is" : "are"),
              codes::kFewHeldOut));
    return {std::move(all), std::nullopt, std::nullopt};
  }
  if (held_out == 0) {
    const bool needed =
        request.calibrate || request.network.patience > 0 || request.l2_path.size() > 1 || request.choose_l2;
    throw Error(ErrorKind::kUsage,
                fmt::format("--validation {} of {} is not one row", share, counted(all.rows(), "row")),
                "a share of at least one row",
                needed ? "a larger --validation, say 0.5" : "--validation 0 holds out none", {request.data.path});
  }
  auto [train, validation] = split_by_class(all, held_out, request.seed);
  Parts parts{std::move(train), std::move(validation), std::nullopt};
  note_split(request, share, parts);
  return parts;
}

/// What is odd about rows beside those trained on, unless it was said of those.
void pass_on_notices(const Dataset& rows, const char* option, std::vector<std::string>& notices) {
  const auto said = static_cast<std::ptrdiff_t>(notices.size());
  for (const std::string& text : rows.notices) {
    if (std::find(notices.begin(), notices.begin() + said, text) == notices.begin() + said)
      notices.push_back(fmt::format("{}: {}", option, text));
  }
}

}  // namespace

double held_out_share(const TrainingRequest& request, double by_default) {
  if (request.calibrate && request.validation_share == 0.0) {
    throw Error(ErrorKind::kUsage, "--calibrate with --validation 0: there are no rows to calibrate on",
                "a share of the rows above 0", "a larger --validation; without it 0.1 of the rows are held out");
  }
  if (request.validation.given()) return 0;
  return request.validation_share.value_or(request.calibrate ? kHeldOut : by_default);
}

Index held_out_rows(Index rows, double share) {
  constexpr double kRounding = 1e-12;  // 0.29 is less than 29/100 in binary, but means that
  return static_cast<Index>(static_cast<double>(rows) * share * (1 + kRounding));
}

Parts read_parts(const TrainingRequest& request, double share, Watcher* watcher) {
  Parts parts = hold_out(request, share, rows_of(request, request.data, nullptr, "", watcher));
  note_faint_classes(request, parts.train);
  const Schema& schema = parts.train.schema;
  if (request.validation.given()) {
    parts.validation = rows_of(request, request.validation, &schema, "validation ", watcher);
    pass_on_notices(*parts.validation, "--validation", parts.train.notices);
    note_rare_classes(request, *parts.validation, parts.train.notices);
  }
  DataSource test = request.test;
  if (!test.given() && !request.data.rows) test.path = test_part_of(request.data.path);
  if (test.given()) {
    parts.test = rows_of(request, test, &schema, "test ", watcher);
    pass_on_notices(*parts.test, "--test", parts.train.notices);
  }
  return parts;
}

std::string name_of_data(const TrainingRequest& request) {
  const DataSource& data = request.data;
  return data.path.empty() && data.rows ? data.rows->name : data.path;
}

}  // namespace poise::inline run
