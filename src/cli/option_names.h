// What options that more than one verb has, or that run.json repeats, call their values.
#pragma once

#include <map>
#include <string>

#include "poise/network.h"
#include "poise/read.h"
#include "poise/softmax_regression.h"

namespace poise::cli {

template <typename Enum>
using Names = std::map<std::string, Enum>;

inline const Names<Activation> kActivations{{"relu", Activation::kRelu},
                                            {"tanh", Activation::kTanh},
                                            {"sigmoid", Activation::kSigmoid},
                                            {"identity", Activation::kIdentity}};
inline const Names<Scale> kScales{{"none", Scale::kNone}, {"standard", Scale::kStandard}, {"numbers", Scale::kNumbers}};
inline const Names<MissingPolicy> kMissingPolicies{
    {"error", MissingPolicy::kError}, {"mean", MissingPolicy::kMean}, {"category", MissingPolicy::kCategory}};

/// The name of `value`; `otherwise` for one that has none.
template <typename Enum>
std::string name_of(Enum value, const Names<Enum>& names, const std::string& otherwise) {
  for (const auto& [name, named] : names) {
    if (named == value) return name;
  }
  return otherwise;
}

}  // namespace poise::cli
