// The command line: options declared once, verbs dispatched, errors turned into exit codes.
#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <map>
#include <new>

#include "cli/arguments.h"
#include "poise/error.h"
#include "poise/version.h"

namespace poise::cli {

std::atomic<bool> interrupted{false};

namespace {

constexpr int kInternalError = 70, kUsageError = 2, kResourceError = 6;

extern "C" void on_interrupt(int) {
  if (interrupted.exchange(true)) std::_Exit(130);  // the second Ctrl-C does not wait
}

/// CLI11's own messages for numbers are hard to read; this one says what was found and expected.
CLI::Validator number_in(double low, bool low_allowed, double high, const std::string& expected) {
  return CLI::Validator(
      [=](std::string& text) -> std::string {
        double value = 0;
        if (!CLI::detail::lexical_cast(text, value)) return "'" + text + "' is not a number; expected " + expected;
        const bool fits = (low_allowed ? value >= low : value > low) && value <= high;
        return fits ? std::string() : text + " is out of range; expected " + expected;
      },
      "");
}
CLI::Validator not_negative() { return number_in(0, true, 1e300, "a number, 0 or more"); }
CLI::Validator positive() { return number_in(0, false, 1e300, "a number above 0"); }

void add_reading(CLI::App& verb, Arguments& a) {
  verb.add_option("--label", a.read.label, "label column: name, or index from 0 (negative: from the end)");
  verb.add_option("--ignore", a.read.ignore, "columns to leave out, by name or index")->delimiter(',');
  verb.add_option("--labels", a.read.labels_file,
                  "file of labels apart from the features (IDX or NPY; n x K floats are soft targets)");
  verb.add_option("--sample-weight", a.read.sample_weight, "column of row weights");
  static const std::map<std::string, MissingPolicy> policies{
      {"error", MissingPolicy::kError}, {"mean", MissingPolicy::kMean}, {"category", MissingPolicy::kCategory}};
  verb.add_option("--missing", a.read.missing, "missing values: error (default), mean, or category of their own")
      ->transform(CLI::CheckedTransformer(policies).description("error|mean|category"));
  verb.add_option("--delimiter", a.read.delimiter, "of a table, one character (default: inferred)");
  verb.add_option("--comment", a.read.comment, "tables: skip lines that start with this character (default: #)");
  // A function, because CLI11 2.1 sets a flag's variable to 0 first: an optional would never be empty again.
  verb.add_flag_function(
      "--header,!--no-header", [&a](std::int64_t count) { a.read.header = count > 0; },
      "the table has (no) header row (default: inferred)");
  verb.add_flag("--strip-label-dot", a.read.strip_label_dot, "read the label 'yes.' as 'yes'");
  verb.add_option("--data-dir", a.read.data_dir, "where the named sets mnist and fashion-mnist are");
}

void add_common(CLI::App& verb, Arguments& a) {
  verb.add_option("--threads", a.solve.threads, "threads (default: all); results have the same bits for any number")
      ->check(number_in(1, true, 4096, "a whole number from 1"));
  verb.add_flag("--json", a.json, "print one JSON object on stdout and nothing else there");
  verb.add_flag("--quiet", a.quiet, "no progress and no messages on stderr");
}

void add_unknown(CLI::App& verb, Arguments& a) {
  verb.add_option_function<std::string>(
          "--unknown", [&a](const std::string& text) { a.read.unknown_category_is_zero = text == "zero"; },
          "a category that training did not have: error (default), or zero in all its features")
      ->check(CLI::IsMember({"error", "zero"}));
}

void add_objective(CLI::App& verb, Arguments& a) {
  verb.add_option("--l2", a.objective.l2, "penalty (l2/2)|W|^2 on the mean loss, bias free (default 1e-4)")
      ->check(not_negative());
  verb.add_option("--l2-path", a.l2_path, "several penalties, solved in this order, each from the one before")
      ->delimiter(',')
      ->check(not_negative())
      ->excludes("--l2");
  static const std::map<std::string, Scale> scales{{"none", Scale::kNone}, {"standard", Scale::kStandard}};
  verb.add_option("--scale", a.objective.scale,
                  "units of the penalty: standard (default for tables) or none (images, sparse data)")
      ->transform(CLI::CheckedTransformer(scales).description("none|standard"));
  verb.add_option("--unit", a.objective.unit,
                  "with --scale none: what counts as 1 in the data's units (255 for byte images)")
      ->check(positive());
  verb.add_option("--label-smoothing", a.objective.label_smoothing, "share of every target spread over all classes")
      ->check(number_in(0, true, 0.999999, "a number in [0, 1)"));
  verb.add_option_function<std::string>(
          "--class-weight", [&a](const std::string& text) { a.objective.balanced_classes = text == "balanced"; },
          "none (default) or balanced")
      ->check(CLI::IsMember({"none", "balanced"}));
}

void add_solving(CLI::App& verb, Arguments& a) {
  static const std::map<std::string, Solver> solvers{{"auto", Solver::kAuto},
                                                     {"newton", Solver::kNewton},
                                                     {"lbfgs", Solver::kLbfgs},
                                                     {"golden", Solver::kGolden},
                                                     {"descent", Solver::kDescent}};
  verb.add_option("--solver", a.solve.solver, "auto, newton, lbfgs, golden (dual-process momentum) or descent")
      ->transform(CLI::CheckedTransformer(solvers).description("auto|newton|lbfgs|golden|descent"));
  verb.add_option("--tolerance", a.solve.tolerance, "wanted gap objective - optimum, absolute, in nats (default 1e-8)")
      ->check(positive());
  verb.add_option("--max-iterations", a.solve.max_iterations, "limit on outer iterations")
      ->check(number_in(1, true, 2e9, "a whole number from 1"));
  verb.add_option("--time-limit", a.solve.time_limit, "limit in seconds")->check(positive());
  verb.add_option("--start", a.start, "start from the model of this run");
}

void require_data(CLI::App& verb, Arguments& a) {
  verb.add_option("DATA", a.data, "a file, or digits, mnist, fashion-mnist (mnist:test is the test part)")->required();
}
void require_run(CLI::App& verb, Arguments& a) {
  verb.add_option("RUN", a.run, "a run directory or a model.onnx")->required();
}

CLI::App* add_verb(CLI::App& app, const std::string& name, const std::string& does, const std::string& example) {
  CLI::App* verb = app.add_subcommand(name, does);
  verb->footer("Example:\n  " + example);
  return verb;
}

using Verb = int (*)(const Arguments&);

/// Declares every verb; returns which function belongs to which parsed subcommand.
std::map<CLI::App*, Verb> declare(CLI::App& app, Arguments& a) {
  std::map<CLI::App*, Verb> verbs;
  CLI::App* verb = add_verb(app, "train", "train a classifier and write a run directory",
                            "poise train digits --l2 1e-3 --out runs/digits");
  require_data(*verb, a);
  add_reading(*verb, a);
  add_objective(*verb, a);
  add_solving(*verb, a);
  add_common(*verb, a);
  add_unknown(*verb, a);
  verb->add_option("--test", a.test_data, "evaluate on this data after training");
  verb->add_option("--validation", a.validation,
                   "share of the rows to hold out and evaluate on; picks the best of --l2-path")
      ->check(number_in(0, false, 0.999999, "a number in (0, 1)"));
  verb->add_option("--seed", a.seed, "of the validation split (default 1)");
  verb->add_option("--out", a.out, "run directory (default: runs/<data>-<n>)");
  verb->add_flag("--require-certificate", a.require_certificate, "exit with code 1 if the result is not certified");
  verb->set_config("--config", "", "read options from an INI or TOML file");
  verbs[verb] = train;

  verb = add_verb(app, "evaluate", "accuracy, cross-entropy, calibration and confusion of a model on data",
                  "poise evaluate runs/digits digits:test");
  require_run(*verb, a), require_data(*verb, a), add_reading(*verb, a), add_common(*verb, a), add_unknown(*verb, a);
  verbs[verb] = evaluate;

  verb = add_verb(app, "predict", "one label per row", "poise predict runs/digits digits:test --proba -o labels.csv");
  require_run(*verb, a), require_data(*verb, a), add_reading(*verb, a), add_common(*verb, a), add_unknown(*verb, a);
  verb->add_flag("--proba", a.probabilities, "add a column of probabilities per class");
  verb->add_option("-o,--output", a.out, "file to write (default: stdout)");
  verbs[verb] = predict;

  verb = add_verb(app, "certify", "recompute the certificate of a softmax layer from model and data alone",
                  "poise certify runs/digits digits");
  require_run(*verb, a), require_data(*verb, a), add_reading(*verb, a), add_common(*verb, a);
  verb->add_option("--tolerance", a.solve.tolerance, "wanted gap, absolute, in nats (default 1e-8)")->check(positive());
  verb->add_flag("--require-certificate", a.require_certificate, "exit with code 1 if the gap is above the tolerance");
  verbs[verb] = certify;

  verb = add_verb(app, "inspect", "what a data file, model or run holds", "poise inspect digits");
  verb->add_option("PATH", a.data, "a data file or known set, a model.onnx, or a run directory")->required();
  add_reading(*verb, a), add_common(*verb, a);
  verbs[verb] = inspect;

  verb = add_verb(app, "convert", "write data in another format", "poise convert digits digits.csv");
  verb->add_option("IN", a.data, "a file or a known set")->required();
  verb->add_option("OUT", a.target, "file to write: .csv, .tsv, .libsvm or .npy, plain or .gz")->required();
  add_reading(*verb, a), add_common(*verb, a);
  verbs[verb] = convert;
  return verbs;
}

int fail(const std::string& text, int code) {
  std::fprintf(stderr, "poise: %s\n", text.c_str());
  return code;
}

/// The verb closest to a misspelt one, by edit distance, if any is near.
std::string closest_verb(const CLI::App& app, const std::string& word) {
  std::string best;
  std::size_t best_distance = 3;
  for (const CLI::App* verb : app.get_subcommands({})) {
    const std::string name = verb->get_name();
    std::vector<std::size_t> row(name.size() + 1);
    for (std::size_t j = 0; j <= name.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= word.size(); ++i) {
      std::size_t diagonal = row[0];
      row[0] = i;
      for (std::size_t j = 1; j <= name.size(); ++j) {
        const std::size_t substituted = diagonal + (word[i - 1] != name[j - 1]);
        diagonal = row[j];
        row[j] = std::min({substituted, row[j] + 1, row[j - 1] + 1});
      }
    }
    if (row[name.size()] < best_distance) best_distance = row[name.size()], best = name;
  }
  return best;
}

bool has_verb(const CLI::App& app, const std::string& word) {
  const auto verbs = app.get_subcommands([&](const CLI::App* verb) { return verb->get_name() == word; });
  return !verbs.empty();
}

int unknown_verb(const CLI::App& app, const std::string& word) {
  std::string names;
  for (const CLI::App* verb : app.get_subcommands({})) names += (names.empty() ? "" : ", ") + verb->get_name();
  const std::string near = closest_verb(app, word);
  return fail("unknown verb '" + word + "'; expected one of " + names +
                  (near.empty() ? "" : "; hint: did you mean '" + near + "'?"),
              kUsageError);
}

int run(int argc, char** argv) {
  Arguments arguments;
  CLI::App app{"Trains feed-forward classifiers to equilibrium, and proves how close they got.", "poise"};
  app.set_version_flag("--version", std::string("poise ") + kVersion);
  app.require_subcommand(1);
  const auto verbs = declare(app, arguments);
  if (argc >= 2 && argv[1][0] != '-' && !has_verb(app, argv[1])) return unknown_verb(app, argv[1]);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& done) {  // --help, --version
    return app.exit(done);
  } catch (const CLI::FileError& error) {
    return fail(error.what(), 4);
  } catch (const CLI::ParseError& error) {
    return fail(std::string(error.what()) + "; hint: poise " +
                    (argc >= 2 && argv[1][0] != '-' ? std::string(argv[1]) + " " : "") + "--help",
                kUsageError);
  }
  arguments.read.threads = arguments.solve.threads;
  std::signal(SIGINT, on_interrupt);
  return verbs.at(app.get_subcommands().front())(arguments);
}

}  // namespace
}  // namespace poise::cli

int main(int argc, char** argv) {
  using poise::cli::fail;
  try {
    return poise::cli::run(argc, argv);
  } catch (const poise::Error& error) {
    return fail(error.what(), error.exit_code());
  } catch (const std::bad_alloc&) {
    return fail("out of memory; hint: fewer features or rows, or a machine with more", poise::cli::kResourceError);
  } catch (const std::exception& error) {
    return fail(
        std::string("internal error: ") + error.what() + "; hint: please report this with the command that led to it",
        poise::cli::kInternalError);
  }
}
