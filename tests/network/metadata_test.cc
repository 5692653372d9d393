#include "network/provenance.h"

#include <gtest/gtest.h>

#include "convex/fields.h"
#include "poise/error.h"

namespace poise {
namespace {

Field share(const char* name) { return Group{}(name, "").within(kShare); }

TEST(Metadata, NumbersReadBack) {
  const Metadata metadata{{"l2", "1e-07"}, {"batch", "32"}, {"balanced_classes", "true"}};
  EXPECT_EQ(recorded_number(metadata, share("l2")), 1e-7);
  EXPECT_EQ(recorded_number(metadata, Group{}("batch", "").within(at_least(1))), 32);
  EXPECT_EQ(recorded_number(metadata, share("momentum")), std::nullopt);
  EXPECT_TRUE(recorded_flag(metadata, "balanced_classes"));
  EXPECT_FALSE(recorded_flag(metadata, "l2"));
  EXPECT_FALSE(recorded_flag(metadata, "momentum"));
}

TEST(Metadata, WhatIsNoNumberOrOutOfRangeIsRefused) {
  for (const char* text : {"", "nan", "inf", "1e400", "-1", "1.5", "0.5x", "x", "0,5"}) {
    try {
      recorded_number({{"momentum", text}}, share("momentum"));
      FAIL() << "'" << text << "' was taken";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kData);
      EXPECT_NE(std::string(error.what()).find("'momentum'"), std::string::npos) << error.what();
    }
  }
}

TEST(Provenance, ComesBackAndIsTakenOut) {
  Metadata metadata{{"note", "of one's own"}};
  RowProvenance rows;
  rows.fingerprint = "2:0f", rows.row_set = "ab";
  rows.held_out = 0.1;
  rows.held_out_seed = 18446744073709551615U;  // more digits than float64 has
  record(rows, metadata);
  record(Provenance{.trained_by = "poise 1", .temperature = 1.0 / 3}, metadata);
  const auto back = recorded<RowProvenance>(metadata);
  EXPECT_EQ(back.fingerprint, "2:0f");
  EXPECT_EQ(back.held_out, 0.1);
  EXPECT_EQ(back.held_out_seed, rows.held_out_seed);
  EXPECT_FALSE(back.sample_weight);
  EXPECT_EQ(recorded<Provenance>(metadata).temperature, 1.0 / 3);
  EXPECT_EQ(recorded<Provenance>(metadata).epochs, std::nullopt);
  record(ObjectiveOptions{.l2 = 0}, metadata);
  EXPECT_EQ(metadata.at("l2"), "0");
  record(ObjectiveOptions{}, metadata);
  EXPECT_EQ(metadata.count("l2"), 0U);
  std::erase_if(metadata, [](const auto& entry) { return entry.first != "note"; });
  record(rows, metadata);
  record(Provenance{}, metadata);
  record(RowProvenance{}, metadata);
  EXPECT_EQ(metadata, (Metadata{{"note", "of one's own"}, {"read.strip_label_dot", "false"}}));
  for (const char* seed : {"", "-1", "1.5", "18446744073709551616"})
    EXPECT_THROW(recorded<RowProvenance>({{"held_out_seed", seed}}), Error) << seed;
  EXPECT_THROW(recorded<RowProvenance>({{"held_out", "1.5"}}), Error);
}

}  // namespace
}  // namespace poise
