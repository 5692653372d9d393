// A linear program that finds directions of recession, in float64 (what it finds is proven elsewhere):
//   maximize  Σ_k min(1, m_k) − C Σ_k max(0, −m_k) − (ε/2)‖U‖²,    m_k the margins along U
// For large C and small ε a solution has no margin below 0 and, since directions add up and may be scaled, a margin of
// 1 wherever any direction of recession has one above 0: the others are tied along all of them. C and ε give the
// program and its dual an interior, so a primal-dual interior-point method (Mehrotra 1992) works on any data.
#pragma once

#include <span>
#include <vector>

#include "convex/certificate/proof_stop.h"
#include "convex/existence/comparisons.h"

namespace poise::inline convex {

struct SeparationProgram {
  Matrix direction;            ///< q×K, the last class 0
  std::vector<double> margin;  ///< of every comparison along it
  Index helped = 0;            ///< comparisons with a margin above ½
};

/// `phi`: n×q functions of the rows that comparisons name by number; about (K − 1)³q³/3 multiplications an iteration.
SeparationProgram solve_separation_program(const Matrix& phi, std::span<const Comparison> comparisons, Index classes,
                                           int threads, const ProofStop& stop = {});

}  // namespace poise::inline convex
