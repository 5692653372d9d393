// Curves and points with their axes, as data.
#pragma once

#include <limits>
#include <string>
#include <vector>

namespace poise::report {

inline constexpr double kNoValue = std::numeric_limits<double>::quiet_NaN();
inline constexpr std::size_t kMostPoints = 300;  ///< of a curve in a report

struct Point {
  double x = 0, y = kNoValue;
  double low = kNoValue, high = kNoValue;  ///< an interval about y
};

enum class Mark { kLine, kDots, kBars };

struct Series {
  std::string name;
  std::vector<Point> points;
  Mark mark = Mark::kLine;
  int style = -1;  ///< color and dashes; below 0: its place among the series
};

struct Axis {
  std::string name;
  bool log = false;                        ///< values up to 0 are then left out
  double low = kNoValue, high = kNoValue;  ///< to be seen at least
};

/// A line across at one value.
struct Guide {
  double at = 0;
  bool vertical = false;
  std::string name;
};

struct Chart {
  std::string title;
  std::string caption;  ///< what it shows and how to read it
  Axis x, y;
  std::vector<Series> series;
  std::vector<Guide> guides;
  bool diagonal = false;  ///< y = x
  bool can_zoom = true;
};

/// Whether any point can be drawn.
bool has_points(const Chart& chart);

/// What a reader who does not see it needs: the axes, and of every curve where it begins, ends, and its extremes.
std::string description_of(const Chart& chart);

/// The curves with shared x, thinned to kMostPoints rows; names[k] for columns[k].
std::vector<Series> curves(const std::vector<double>& x, const std::vector<std::string>& names,
                           const std::vector<std::vector<double>>& columns);

}  // namespace poise::report
