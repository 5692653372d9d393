#include "report/plot/chart.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "report/plot/thinning.h"
#include "report/words.h"

namespace poise::report {
namespace {

std::string description_of(const Series& series) {
  std::vector<Point> points;
  std::copy_if(series.points.begin(), series.points.end(), std::back_inserter(points),
               [](const Point& point) { return std::isfinite(point.y); });
  if (points.empty()) return series.name + ": no values";
  const auto is_less = [](const Point& a, const Point& b) { return a.y < b.y; };
  const auto [least, largest] = std::minmax_element(points.begin(), points.end(), is_less);
  const Point &first = points.front(), &last = points.back();
  if (points.size() == 1) return fmt::format("{}: {} at {}", series.name, brief(first.y), brief(first.x));
  return fmt::format("{}: from {} at {} to {} at {}, between {} and {}", series.name, brief(first.y), brief(first.x),
                     brief(last.y), brief(last.x), brief(least->y), brief(largest->y));
}

}  // namespace

bool has_points(const Chart& chart) {
  const auto can_be_drawn = [&](const Point& p) {
    return std::isfinite(p.x) && std::isfinite(p.y) && (!chart.y.log || p.y > 0) && (!chart.x.log || p.x > 0);
  };
  return std::any_of(chart.series.begin(), chart.series.end(), [&](const Series& series) {
    return std::any_of(series.points.begin(), series.points.end(), can_be_drawn);
  });
}

std::string description_of(const Chart& chart) {
  std::string text = fmt::format("{} against {}.", chart.y.name, chart.x.name);
  for (const Series& series : chart.series) text += fmt::format(" {}.", description_of(series));
  return text;
}

std::vector<Series> curves(const std::vector<double>& x, const std::vector<std::string>& names,
                           const std::vector<std::vector<double>>& columns) {
  const std::vector<std::size_t> kept = thinned(columns, kMostPoints);
  std::vector<Series> all;
  for (std::size_t k = 0; k < columns.size(); ++k) {
    Series series{.name = names[k], .points = {}, .style = static_cast<int>(k)};
    bool any = false;
    for (const std::size_t row : kept) {
      series.points.push_back({.x = x[row], .y = columns[k][row]});
      any = any || std::isfinite(columns[k][row]);
    }
    if (any) all.push_back(std::move(series));
  }
  return all;
}

}  // namespace poise::report
