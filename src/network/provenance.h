// How a model came to be, beside the options it was trained with (recorded_options.h): every member under its name in
// the metadata, and what is not known not at all.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "network/recorded_options.h"

namespace poise::inline network {

struct Provenance {
  std::string trained_by;                              ///< "poise 0.2.0"
  std::optional<int> epochs = std::nullopt;            ///< of a network
  std::optional<double> learning_rate = std::nullopt;  ///< as it acted on the mean loss, in the epoch kept
  std::optional<double> momentum = std::nullopt;       ///< likewise
  std::optional<double> imbalance_at_rest =
      std::nullopt;  ///< CE − H on the rows trained on, as the penalty makes it at rest
  std::optional<double> temperature = std::nullopt;  ///< what the scores were divided by
  std::string feature_units = {};                    ///< see recorded_units
};

template <AnyConst<Provenance> Record>
void fields(Record& p, auto&& visit) {
  constexpr auto field = [](const char* name) { return Group{}(name, "").kept_in_model(); };
  visit(field("trained_by"), p.trained_by);
  visit(field("epochs"), p.epochs);
  visit(field("learning_rate"), p.learning_rate);
  visit(field("momentum"), p.momentum);
  visit(field("imbalance_at_rest").within(at_most(0)), p.imbalance_at_rest);
  visit(field("temperature").within(above(0)), p.temperature);
  visit(field("feature_units"), p.feature_units);
}

/// The rows a model was trained on, and how they were read.
struct RowProvenance {
  std::string fingerprint;          ///< empty: unknown
  std::string row_set;              ///< the same whatever their order
  std::string row_set_read;         ///< the same with the rows held out; empty where none were
  double held_out = 0;              ///< share of the rows read that were held out; 0: none
  std::uint64_t held_out_seed = 0;  ///< of that split
  bool strip_label_dot = false;     ///< how they were read
  std::optional<std::string> sample_weight = std::nullopt;
};

template <AnyConst<RowProvenance> Record>
void fields(Record& p, auto&& visit) {
  constexpr auto field = [](const char* name) { return Group{}(name, "").kept_in_model(); };
  visit(field("fingerprint"), p.fingerprint);
  visit(field("row_set"), p.row_set);
  visit(field("row_set_read"), p.row_set_read);
  visit(field("held_out").within(kShare).if_unset("none"), p.held_out);
  visit(field("held_out_seed").if_unset("0"), p.held_out_seed);
  visit(field("read.strip_label_dot"), p.strip_label_dot);
  visit(field("read.sample_weight"), p.sample_weight);
}

/// What the metadata say. Throws Error(kData) for what cannot be read or is out of range.
template <typename Record>
Record recorded(const Metadata& metadata) {
  Record found;
  read_recorded(metadata, found);
  return found;
}

}  // namespace poise::inline network
