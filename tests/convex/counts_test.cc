// Iterations and passes of the solver on real data, exactly. They change with the solver alone: if these numbers move,
// say by how much and why. Products round by instruction set, so one is fixed.
#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <ostream>
#include <string>

#include "paths.h"
#include "poise/read.h"
#include "poise/softmax_regression.h"

namespace poise {
namespace {

struct Counted {
  const char* name;
  const char* path;
  const char* label;  ///< "" for the default
  double l2;
  int iterations;
  double passes;
};

/// All products by AVX2, which every machine of the last ten years has.
class OneInstructionSet {
 public:
  OneInstructionSet() {
    hwy::SetSupportedTargetsForTest(HWY_AVX2);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  }
  ~OneInstructionSet() {
    hwy::SetSupportedTargetsForTest(0);
    hwy::GetChosenTarget().DeInit();
  }
};

std::ostream& operator<<(std::ostream& out, const Counted& counted) { return out << counted.name; }

class Counts : public testing::TestWithParam<Counted> {};

TEST_P(Counts, AreAsEver) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(NDEBUG)
  GTEST_SKIP() << "the counts are those of a release build: how sums are vectorized changes them";
#endif
  const Counted& expected = GetParam();
  const bool embedded = std::string(expected.path) == "digits";
  const std::string path = embedded ? "digits" : shared_data(expected.path);
  if (path.empty()) GTEST_SKIP() << "not on this machine: ../shared/data/" << expected.path;
  if ((hwy::SupportedTargets() & HWY_AVX2) == 0) GTEST_SKIP() << "without AVX2 the last bits are others";
  const OneInstructionSet fixed;
  ReadOptions read;
  if (*expected.label != 0) read.label = expected.label;
  const SolveReport report = fit_softmax(read_dataset(path, read), {.l2 = expected.l2}, {.tolerance = 1e-8}).report;
  EXPECT_EQ(report.status, Status::kCertified) << report.why;
  EXPECT_EQ(report.iterations, expected.iterations);
  EXPECT_EQ(report.passes, expected.passes);
}

INSTANTIATE_TEST_SUITE_P(
    Sets, Counts,
    testing::Values(Counted{"digits", "digits", "", 1e-3, 15, 28},
                    Counted{"satimage", "suite/satimage/sat.trn", "", 1e-4, 9, 13.5},
                    Counted{"yeast", "suite/yeast/yeast.data", "", 1e-4, 11, 16.5},
                    Counted{"wine", "suite/wine-quality-white/winequality-white.csv", "", 1e-4, 8, 12.5},
                    Counted{"letter", "suite/letter-recognition/letter-recognition.data", "0", 1e-4, 28, 42},
                    Counted{"leaves", "suite/leaves-shape/data_Sha_64.txt.gz", "0", 1e-4, 87, 214.5},
                    Counted{"dry_bean", "suite/dry-bean/Dry_Bean_Dataset.csv.gz", "", 1e-6, 15, 21},
                    Counted{"mushrooms", "suite/mushrooms/agaricus-lepiota.data", "0", 1e-5, 12, 15},
                    Counted{"adult", "suite/adult/adult.data.gz", "", 1e-5, 7, 11.5},
                    Counted{"mnist", "mnist/train-images-idx3-ubyte.gz", "", 1e-4, 32, 44}),
    [](const auto& chosen) { return chosen.param.name; });

}  // namespace
}  // namespace poise
