// The command line: options declared once, verbs dispatched, errors turned into exit codes.
#include <fmt/core.h>
#include <malloc.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <map>
#include <new>

#include "base/parallel.h"
#include "cli/arguments.h"
#include "cli/checks.h"
#include "cli/compare_options.h"
#include "cli/config.h"
#include "cli/field_options.h"
#include "cli/inspect_options.h"
#include "cli/lists.h"
#include "cli/mpi.h"
#include "cli/reading_options.h"
#include "cli/reference.h"
#include "cli/report.h"
#include "cli/reproduce_options.h"
#include "cli/septuple_options.h"
#include "cli/signals.h"
#include "cli/thermo_options.h"
#include "cli/train_options.h"
#include "convex/fields.h"
#include "poise/error.h"
#include "poise/version.h"
#include "run/progress.h"
#include "thermo/fields.h"

namespace poise::cli {

namespace {

constexpr int kInterrupted = 130;

void add_common(CLI::App& verb, Arguments& a) {
  add_only(verb, a.solve, {"threads", "memory"});
  verb.add_flag("--json", a.json, "print one JSON object on stdout and nothing else there")->group(kRunning);
  verb.add_flag("--quiet", a.quiet, "no progress and no messages on stderr")->group(kRunning);
}

void require_data(CLI::App& verb, Arguments& a) {
  verb.add_option("DATA", a.data,
                  "a file (- is standard input), or digits, mnist, fashion-mnist (mnist:test is the test part)")
      ->required();
}
void require_run(CLI::App& verb, Arguments& a) {
  verb.add_option("RUN", a.run, "a run directory or a model.onnx")->required();
}

CLI::App* add_verb(CLI::App& app, const std::string& name, const std::string& does, const std::string& example) {
  CLI::App* verb = app.add_subcommand(name, does);
  verb->footer("Example:\n  " + example);
  verb->set_help_all_flag("--help-all", "Print this help with the options for experiments and exit");
  return verb;
}

void add_generate(CLI::App& verb, Arguments& a) {
  verb.add_option("--class", a.classes, "names of classes, with commas between (default: all)")->delimiter(',');
  add_fields(verb, a.generating);
  verb.add_option("-o,--out,--output", a.out,
                  "file to write: .csv or .tsv, the class last, or .npy, plain or .gz (default, and -: stdout)")
      ->check(not_empty());
  verb.add_flag("--json", a.json, "print one JSON object on stdout and nothing else there")->group(kRunning);
}

using Verb = int (*)(const Arguments&);

/// Declares every verb; returns which function belongs to which parsed subcommand.
std::map<CLI::App*, Verb> declare(CLI::App& app, Arguments& a) {
  std::map<CLI::App*, Verb> verbs;
  CLI::App* verb = add_verb(app, "train", "train a classifier and write a run directory",
                            "poise train digits --l2 1e-3 --out runs/digits");
  require_data(*verb, a), add_reading(*verb, a), add_common(*verb, a), add_unknown(*verb, a), add_train(*verb, a);
  verbs[verb] = train;

  verb = add_verb(app, "evaluate",
                  "accuracy, cross-entropy, calibration and confusion of a model on data, or what it reconstructs",
                  "poise evaluate runs/digits digits:test");
  require_run(*verb, a), require_data(*verb, a), add_reading(*verb, a), add_common(*verb, a), add_unknown(*verb, a);
  verbs[verb] = evaluate;

  verb = add_verb(app, "predict", "one label per row, or the features as the model reconstructs them",
                  "poise predict runs/digits digits:test --proba -o labels.csv");
  require_run(*verb, a), require_data(*verb, a), add_reading_of_predict(*verb, a), add_common(*verb, a),
      add_unknown(*verb, a);
  verb->add_flag("--proba", a.probabilities, "add a column of probabilities per class");
  verb->add_option("--hidden-layer", a.hidden_layer,
                   "instead: the states of this hidden layer, from 1: the codes of an autoencoder")
      ->check(whole_number_from(1))
      ->excludes("--proba");
  verb->add_option("-o,--out,--output", a.out,
                   "file to write: .csv or, of numbers, .npy, plain or .gz (default, and -: stdout)")
      ->check(not_empty());
  verbs[verb] = predict;

  verb =
      add_verb(app, "generate", "a row of each class, as the model takes them to be: outputs clamped, inputs relaxed",
               "poise generate runs/digits --class 3,8 -o digits.csv");
  require_run(*verb, a);
  add_generate(*verb, a);
  verbs[verb] = generate;

  verb = add_verb(app, "certify", "recompute the certificate of a softmax layer from model and data alone",
                  "poise certify runs/digits digits");
  require_run(*verb, a), require_data(*verb, a), add_reading(*verb, a), add_common(*verb, a), add_unknown(*verb, a);
  add_only(*verb, a.solve, {"tolerance"});
  verb->add_flag("--require-certificate", a.require_certificate, "exit with code 1 if the gap is above the tolerance");
  verbs[verb] = certify;

  verb = add_verb(app, "thermo", "thermodynamics of a trained model: at rest? over-confident? where is the curvature?",
                  "poise thermo runs/digits digits");
  require_run(*verb, a), require_data(*verb, a), add_reading(*verb, a), add_common(*verb, a), add_unknown(*verb, a),
      add_thermo(*verb, a);
  verbs[verb] = thermo;

  verb = add_verb(app, "compare", "train settings over seeds, rule against rule, and judge which one is better",
                  "poise compare digits --rules adjoint,equilibrium --order jacobi,gauss-seidel --learning-rate 0.1,1\n"
                  "  poise compare digits --neurons 64");
  require_data(*verb, a), add_reading(*verb, a), add_common(*verb, a), add_compare(*verb, a);
  verbs[verb] = compare;

  verb = add_verb(app, "septuple", "fixed points, canonical ensemble and learning efficiency of a network of any shape",
                  "poise septuple network.json --temperature 0.1");
  add_septuple(*verb, a), add_common(*verb, a);
  verbs[verb] = septuple;

  verb = add_verb(app, "inspect", "what a data file, model or run holds", "poise inspect digits");
  add_inspect(*verb, a);
  add_reading(*verb, a), add_common(*verb, a);
  verbs[verb] = inspect;

  verb =
      add_verb(app, "report", "one HTML page about a run, or about several beside each other, and the same as Markdown",
               "poise report runs/digits\n  poise report runs/a runs/b runs/c -o comparison.html");
  verb->add_option("RUN", a.runs, "run directories of poise train")->required();
  verb->add_option("-o,--out,--output", a.out,
                   "file to write, with the Markdown beside it: .html, or .md for that alone; - is standard output "
                   "(default: report.html in the run, of several runs here)")
      ->check(not_empty());
  verb->add_flag("--json", a.json, "print one JSON object on stdout and nothing else there")->group(kRunning);
  verb->add_flag("--quiet", a.quiet, "do not print what was written")->group(kRunning);
  verbs[verb] = report_runs;

  verb = add_verb(app, "convert", "write data in another format",
                  "poise convert digits digits.csv\n  poise convert data.csv.gz - --format tsv");
  verb->add_option("IN", a.data, "a file (- is standard input) or a known set")->required();
  verb->add_option("OUT", a.target,
                   "file to write: .csv, .tsv, .libsvm, .npy or .safetensors, plain or .gz; - is standard output")
      ->required();
  verb->add_option("--format", a.format, "of OUT, where its name does not tell (standard output: csv)")
      ->check(one_of({"csv", "tsv", "libsvm", "npy", "safetensors"}));
  add_reading(*verb, a), add_common(*verb, a);
  verbs[verb] = convert;

  verb = add_verb(app, "reproduce", "run a source paper's experiment and judge its claims",
                  "poise reproduce f-adjoint --data digits --epochs 50");
  add_reproduce(*verb, a), add_common(*verb, a);
  verbs[verb] = reproduce;
  return verbs;
}

int misused(const std::string& text) { return report(ErrorKind::kUsage, text); }

std::vector<std::string> verb_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* verb : app.get_subcommands({})) names.push_back(verb->get_name());
  return names;
}

/// The long names of a verb's options, without dashes.
std::vector<std::vector<std::string>> options_of(const CLI::App& verb) {
  std::vector<std::vector<std::string>> options;
  for (const CLI::Option* option : verb.get_options({})) options.push_back(option->get_lnames());
  return options;
}

std::vector<std::string> option_names(const CLI::App& verb) {
  std::vector<std::string> all;
  for (const auto& names : options_of(verb)) all.insert(all.end(), names.begin(), names.end());
  return all;
}

std::string did_you_mean(const std::string& near) { return near.empty() ? "" : "; hint: did you mean '" + near + "'?"; }

int unknown_verb(const std::vector<std::string>& names, const std::string& word) {
  return misused("unknown verb '" + word + "'; expected " + alternatives(names) + did_you_mean(closest(word, names)));
}

/// Arguments that no option took: an unknown option, or a word too many.
int unknown_argument(const CLI::App& app, const CLI::App& verb, const std::string& command) {
  std::string first;
  for (const std::string& word : app.remaining(true)) {
    const bool option = word.size() > 1 && word[0] == '-';
    if (!option && !first.empty()) continue;
    first = word;
    if (option) break;
  }
  if (first[0] != '-') return misused("one argument too many: '" + first + "'; hint: " + command + " --help");
  const std::string name = first.substr(0, first.find('='));
  const std::string near = closest(name.substr(std::min(name.size(), name.find_first_not_of('-'))), option_names(verb));
  return misused("unknown option '" + name + "' of " + command +
                 (near.empty() ? "; hint: " + command + " --help" : did_you_mean("--" + near)));
}

/// CLI11 would take what follows for the value. Empty if no option lacks one.
std::string option_without_value(const CLI::App& verb, const std::vector<std::string>& words) {
  const auto option_of = [&](const std::string& word) {
    return word.starts_with("--") ? verb.get_option_no_throw(word.substr(0, word.find('='))) : nullptr;
  };
  for (std::size_t k = 0; k < words.size(); ++k) {
    const CLI::Option* option = option_of(words[k]);
    if (!option || option->get_items_expected_min() == 0) continue;
    const std::size_t equals = words[k].find('=');
    const std::string name = words[k].substr(0, equals);
    if (equals + 1 == words[k].size()) return name + " lacks its value";
    const bool has_own = equals != std::string::npos;
    if (!has_own && k + 1 == words.size()) continue;  // CLI11 says so
    if (!has_own && option_of(words[k + 1])) return fmt::format("{} lacks its value: '{}' follows", name, words[k + 1]);
    const std::string& value = has_own ? words[k] : words[++k];
    if (option->get_delimiter() == ',' && value.ends_with(','))
      return fmt::format("{} ends with a comma, and no value follows", name);
  }
  return {};
}

/// In words of our own where CLI11's tell of its own matters.
std::string text_of(const CLI::ParseError& error) {
  const std::string text = error.what();
  if (text.find("At Most 1 required") != std::string::npos)
    return text.substr(0, text.find(':')) + " is given more than once; expected one value";
  const std::string conversion = "Could not convert: ";
  return text.starts_with(conversion) ? "cannot be read: " + text.substr(conversion.size()) : text;
}

int print_help(const CLI::App& verb) { return std::fputs(verb.help("poise").c_str(), stdout), 0; }

/// From --help, which says where they are.
void leave_out_experiments(CLI::App& verb) {
  bool any = false;
  for (CLI::Option* option : verb.get_options({})) {
    if (option->get_group() != kForExperiments) continue;
    for (CLI::Option* other : verb.get_options({})) other->remove_excludes(option);  // or it would be named there
    option->group("");                                                               // hides it
    any = true;
  }
  if (any) verb.footer("--help-all has the options for experiments, too.\n\n" + verb.get_footer());
}

int parse_and_run(CLI::App& app, const std::map<CLI::App*, Verb>& verbs, Arguments& arguments,
                  std::vector<std::string> words) {
  CLI::App* verb = app.get_subcommand(words.front());
  const std::string command = "poise " + verb->get_name();
  Configured configured;
  configured.arguments = words;
  if (verb->get_option_no_throw("--config")) configured = with_config(words, verb->get_name(), options_of(*verb));
  words = with_number_given("--serve", with_lists_joined(*verb, configured.arguments));
  if (const std::string fault = option_without_value(*verb, words); !fault.empty()) {
    return misused(configured.with_places(fault) + "; hint: " + command + " --help");
  }
  std::reverse(words.begin(), words.end());  // as CLI11 wants them
  try {
    app.parse(words);
  } catch (const CLI::CallForAllHelp&) {
    return print_help(*verb);
  } catch (const CLI::CallForHelp&) {
    leave_out_experiments(*verb);
    return print_help(*verb);
  } catch (const CLI::Success& done) {  // --version
    return app.exit(done);
  } catch (const CLI::ExtrasError&) {
    return unknown_argument(app, *verb, command);
  } catch (const CLI::ParseError& error) {
    const std::string text = configured.with_places(text_of(error));
    const bool has_hint = text.find("; hint: ") != std::string::npos;
    return misused(text + (has_hint ? "" : "; hint: " + command + " --help"));
  }
  for (const CLI::Option* option : verb->get_options({})) {
    if (option->count() > 0) arguments.given.insert(option->get_name());
  }
  ProgressLine shown(arguments.quiet ? nullptr : stderr);
  arguments.watcher = arguments.read.watcher = &shown;
  arguments.read.threads = arguments.solve.threads;
  arguments.read.memory = arguments.solve.memory;
  // Vectors of megabytes come and go every iteration; from the heap, their pages stay mapped: a sixth of the time on
  // news20. Larger ones, which a number a row of very many rows makes, go back to the system at once.
  ::mallopt(M_MMAP_THRESHOLD, 1 << 26);
  clean_up_at_interrupts();
  return verbs.at(verb)(arguments);
}

/// An answer that was not written is no answer; but an interrupted run stays one when its terminal is gone.
int written(int code) {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return code;
  const int told = report(ErrorKind::kIo, std::string("cannot write to stdout: ") + std::strerror(errno) +
                                              "; expected room for the answer");
  return interrupted ? kInterrupted : told;
}

/// `help` turned into what it is short for: `--help`, or `VERB --help`.
std::vector<std::string> without_help(const std::vector<std::string>& words) {
  if (words.size() < 2) return {"--help"};
  return {words[1], "--help"};
}

/// A text about all verbs, asked for by `help TOPIC`; empty if there is no such topic.
std::string reference_text(const CLI::App& app, const std::string& topic) {
  if (topic == "man-page") return man_page(app, app.version());
  if (topic == "markdown") return markdown(app);
  return topic == "bash-completion" ? bash_completion(app) : "";
}

int run(int argc, char** argv, const MpiProcesses* processes, Workers& workers) {
  Arguments arguments;
  CLI::App app{"Trains feed-forward classifiers to equilibrium, and proves how close they got.", "poise"};
  app.set_version_flag("-V,--version", std::string("poise ") + kVersion);
  app.footer(
      "poise help VERB, or poise VERB --help, says more. poise help man-page, poise help bash-completion and poise "
      "help "
      "markdown print those.");
  const auto verbs = declare(app, arguments);
  std::vector<std::string> words(argv + 1, argv + argc);
  report_as_asked(words);
  const std::vector<std::string> names = verb_names(app);
  if (words.empty()) return misused("no verb; expected " + alternatives(names) + "; hint: poise --help");
  if (words[0] == "help") {
    if (words.size() > 2) return misused("one argument too many: '" + words[2] + "'; hint: poise help VERB");
    if (const std::string text = reference_text(app, words.back()); !text.empty()) {
      return std::fputs(text.c_str(), stdout), 0;
    }
    words = without_help(words);
  }
  if (words[0] == "--help" || words[0] == "-h") return std::fputs(app.help().c_str(), stdout), 0;
  if (words[0] == "--version" || words[0] == "-V") return std::printf("%s\n", app.version().c_str()), 0;
  if (std::find(names.begin(), names.end(), words[0]) == names.end()) return unknown_verb(names, words[0]);
  if (processes != nullptr) {
    if (words[0] != "train")
      return misused("poise " + words[0] + " by several processes; expected one, or poise train");
    arguments.solve.workers = &workers;
    arguments.solve.threads = std::max(1, resolve_threads(0) / processes->on_this_machine());
  }
  return parse_and_run(app, verbs, arguments, std::move(words));
}

/// All that the tool does, with whatever goes wrong told.
int run_and_tell(int argc, char** argv, const MpiProcesses* processes, Workers& workers) try {
  return written(run(argc, argv, processes, workers));
} catch (const Error& error) {
  return written(report(error));
} catch (const std::bad_alloc&) {
  return written(report(ErrorKind::kResource,
                        "out of memory; expected a problem that fits this machine; hint: fewer features or rows, or a "
                        "machine with more"));
} catch (const std::exception& error) {
  if (std::ferror(stdout) != 0) return written(0);  // fmt throws where it cannot print
  return written(report(ErrorKind::kInternal, std::string("internal error: ") + error.what() +
                                                  "; hint: please report this with the command that led to it"));
}

/// One of the processes that mpirun has begun.
int run_as_one_of(MpiProcesses& processes, int argc, char** argv) {
  if (processes.rank() > 0) return work_for_driver(processes);
  Workers workers;
  for (int rank = 1; rank < processes.count(); ++rank) workers.channels.push_back(processes.channel_to(rank));
  const int code = run_and_tell(argc, argv, &processes, workers);
  workers.end();
  return code;
}

}  // namespace

}  // namespace poise::cli

int main(int argc, char** argv) {
  using namespace poise::cli;
  try {
    if (const auto processes = processes_of_mpi()) return run_as_one_of(*processes, argc, argv);
  } catch (const poise::Error& error) {
    return report(error);
  }
  poise::Workers none;
  return run_and_tell(argc, argv, nullptr, none);
}
