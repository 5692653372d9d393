#include "report/plot/svg.h"

#include <fmt/core.h>

#include <cmath>
#include <iterator>

#include "report/plot/scale.h"
#include "report/plot/ticks.h"
#include "report/words.h"

namespace poise::report {
namespace {

constexpr double kWidth = 560, kHeight = 300;
constexpr double kLeft = 62, kRight = 16, kTop = 14, kBottom = 46;
constexpr std::size_t kMostDots = 40;  // a line of so few points shows them

/// The range an axis shows.
struct Range {
  double low = 0, high = 1;
};

void include(const Axis& axis, double value, Extent& seen) {
  if (!axis.log || value > 0) seen.include(value);
}

Range range_of(const Axis& axis, Extent seen) {
  include(axis, axis.low, seen);
  include(axis, axis.high, seen);
  if (!seen.any()) return axis.log ? Range{0.1, 1} : Range{0, 1};
  if (axis.log) {
    const double margin = std::pow(seen.high / seen.low, 0.04);
    return margin > 1.0001 ? Range{seen.low / margin, seen.high * margin} : Range{seen.low / 2, seen.high * 2};
  }
  const double size = std::max(std::abs(seen.low), std::abs(seen.high));
  double margin = 0.05 * (seen.high - seen.low);
  if (margin <= 1e-12 * size) margin = size > 0 ? 0.1 * size : 1;
  const bool fixed_low = seen.low == axis.low, fixed_high = seen.high == axis.high;
  return {fixed_low ? seen.low : seen.low - margin, fixed_high ? seen.high : seen.high + margin};
}

class Drawing {
 public:
  explicit Drawing(const Chart& chart);
  std::string body();

 private:
  bool is_drawn(const Point& p) const {
    return std::isfinite(p.x) && std::isfinite(p.y) && (!chart_.x.log || p.x > 0) && (!chart_.y.log || p.y > 0);
  }
  void add_axes();
  void add_guides();
  void add_series(const Series& series, int style);
  void add_bars(const Series& series, int style);
  void add_line(const Series& series, int style);
  void add_dots(const Series& series, int style);
  void add_interval(const Point& p, int style);

  template <typename... Values>
  void add(fmt::format_string<Values...> form, Values&&... values) {
    fmt::format_to(std::back_inserter(svg_), form, std::forward<Values>(values)...);
  }

  const Chart& chart_;
  Range x_range_, y_range_;
  Scale x_, y_;
  std::string svg_;
};

Range x_range_of(const Chart& chart) {
  Extent seen;
  for (const Series& series : chart.series) {
    for (const Point& p : series.points) {
      if (std::isfinite(p.y)) include(chart.x, p.x, seen);
    }
  }
  for (const Guide& guide : chart.guides) {
    if (guide.vertical) include(chart.x, guide.at, seen);
  }
  return range_of(chart.x, seen);
}

Range y_range_of(const Chart& chart) {
  Extent seen;
  for (const Series& series : chart.series) {
    for (const Point& p : series.points) {
      for (const double value : {p.y, p.low, p.high}) include(chart.y, value, seen);
    }
  }
  for (const Guide& guide : chart.guides) {
    if (!guide.vertical) include(chart.y, guide.at, seen);
  }
  return range_of(chart.y, seen);
}

Drawing::Drawing(const Chart& chart)
    : chart_(chart),
      x_range_(x_range_of(chart)),
      y_range_(y_range_of(chart)),
      x_(x_range_.low, x_range_.high, chart.x.log, kLeft, kWidth - kRight),
      y_(y_range_.low, y_range_.high, chart.y.log, kHeight - kBottom, kTop) {}

Ticks ticks_of(const Axis& axis, const Range& range, int most) {
  return axis.log ? log_ticks(range.low, range.high, most) : linear_ticks(range.low, range.high, most);
}

void Drawing::add_axes() {
  const double bottom = kHeight - kBottom, right = kWidth - kRight;
  const Ticks y_ticks = ticks_of(chart_.y, y_range_, 6), x_ticks = ticks_of(chart_.x, x_range_, 8);
  add("<g class=\"grid\">");
  for (const double at : y_ticks.at) add("<path d=\"M{:g} {:.1f}H{:g}\"/>", kLeft, y_(at), right);
  add("</g><g class=\"ticks\">");
  for (std::size_t k = 0; k < y_ticks.at.size(); ++k)
    add("<text x=\"{:g}\" y=\"{:.1f}\" class=\"r\">{}</text>", kLeft - 8, y_(y_ticks.at[k]) + 4, y_ticks.labels[k]);
  for (std::size_t k = 0; k < x_ticks.at.size(); ++k) {
    const double at = x_(x_ticks.at[k]);
    add("<path d=\"M{:.1f} {:g}v5\"/><text x=\"{:.1f}\" y=\"{:g}\" class=\"m\">{}</text>", at, bottom, at, bottom + 18,
        x_ticks.labels[k]);
  }
  add("<path d=\"M{:g} {:g}H{:g}\" class=\"axis\"/></g>", kLeft, bottom, right);
  add("<text x=\"{:g}\" y=\"{:g}\" class=\"m name\">{}</text>", (kLeft + right) / 2, kHeight - 8,
      escaped(chart_.x.name));
  add("<text transform=\"translate(14 {:g}) rotate(-90)\" class=\"m name\">{}</text>", (kTop + bottom) / 2,
      escaped(chart_.y.name));
}

void Drawing::add_guides() {
  const double bottom = kHeight - kBottom, right = kWidth - kRight;
  if (chart_.diagonal) {
    const double low = std::max(x_range_.low, y_range_.low), high = std::min(x_range_.high, y_range_.high);
    add("<path class=\"guide\" d=\"M{:.1f} {:.1f}L{:.1f} {:.1f}\"/>", x_(low), y_(low), x_(high), y_(high));
  }
  for (const Guide& guide : chart_.guides) {
    if (!std::isfinite(guide.at) || ((guide.vertical ? chart_.x.log : chart_.y.log) && guide.at <= 0)) continue;
    if (guide.vertical) {
      const double at = x_(guide.at);
      const bool to_left = at > (kLeft + right) / 2;
      add("<path class=\"guide\" d=\"M{:.1f} {:g}V{:g}\"/><text class=\"note{}\" x=\"{:.1f}\" y=\"{:g}\">{}</text>", at,
          kTop, bottom, to_left ? " r" : "", to_left ? at - 6 : at + 6, kTop + 10, escaped(guide.name));
    } else {
      const double at = y_(guide.at);
      add("<path class=\"guide\" d=\"M{:g} {:.1f}H{:g}\"/><text class=\"note r\" x=\"{:g}\" y=\"{:.1f}\">{}</text>",
          kLeft, at, right, right - 4, at < kTop + 20 ? at + 14 : at - 5, escaped(guide.name));
    }
  }
}

void Drawing::add_interval(const Point& p, int style) {
  if (!(p.high > p.low) || !std::isfinite(p.high - p.low)) return;
  const double low = chart_.y.log ? std::max(p.low, y_range_.low) : p.low, x = x_(p.x);
  add("<path class=\"s s{}\" style=\"stroke-dasharray:none;stroke-width:1.2\" d=\"M{:.1f} {:.1f}V{:.1f}m-3 0h6M{:.1f} "
      "{:.1f}h6\"/>",
      style, x, y_(low), y_(p.high), x - 3, y_(low));
}

void Drawing::add_line(const Series& series, int style) {
  std::string path;
  bool pen_down = false;
  for (const Point& p : series.points) {
    if (!is_drawn(p)) {
      pen_down = pen_down && std::isnan(p.y);  // a value that is not known is passed over
      continue;
    }
    fmt::format_to(std::back_inserter(path), "{}{:.1f} {:.1f}", pen_down ? "L" : "M", x_(p.x), y_(p.y));
    pen_down = true;
  }
  if (!path.empty()) add("<path class=\"s s{}\" d=\"{}\"/>", style, path);
}

void Drawing::add_dots(const Series& series, int style) {
  for (const Point& p : series.points) {
    if (!is_drawn(p)) continue;
    add_interval(p, style);
    add("<circle class=\"d{}\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{}\"/>", style, x_(p.x), y_(p.y),
        series.mark == Mark::kDots ? 3.5 : 2.6);
  }
}

void Drawing::add_bars(const Series& series, int style) {
  const double bottom = kHeight - kBottom;
  const double width =
      0.7 * (kWidth - kLeft - kRight) / static_cast<double>(std::max<std::size_t>(1, series.points.size()));
  for (const Point& p : series.points) {
    if (!is_drawn(p)) continue;
    const double top = y_(p.y);
    add("<rect class=\"d{}\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\"/>", style,
        x_(p.x) - width / 2, top, width, std::max(0.0, bottom - top));
  }
}

void Drawing::add_series(const Series& series, int style) {
  if (series.mark == Mark::kBars) return add_bars(series, style);
  if (series.mark == Mark::kLine) add_line(series, style);
  if (series.mark == Mark::kDots || series.points.size() <= kMostDots) add_dots(series, style);
}

std::string Drawing::body() {
  add_axes();
  add_guides();
  for (std::size_t k = 0; k < chart_.series.size(); ++k) {
    const Series& series = chart_.series[k];
    add_series(series, (series.style < 0 ? static_cast<int>(k) : series.style) % kStyles);
  }
  return std::move(svg_);
}

}  // namespace

std::string svg_of(const Chart& chart, const std::string& id) {
  if (!has_points(chart)) return {};
  return fmt::format(
      "<svg class=\"chart\" viewBox=\"0 0 {:g} {:g}\" role=\"img\" aria-labelledby=\"{}-t {}-d\"><title "
      "id=\"{}-t\">{}</title>"
      "<desc id=\"{}-d\">{}</desc>{}</svg>",
      kWidth, kHeight, id, id, id, escaped(chart.title), id, escaped(description_of(chart)), Drawing(chart).body());
}

std::string swatch(int style, Mark mark) {
  const std::string shape = mark == Mark::kBars   ? "<rect class=\"d{0}\" x=\"6\" y=\"1\" width=\"14\" height=\"9\"/>"
                            : mark == Mark::kDots ? "<circle class=\"d{0}\" cx=\"13\" cy=\"6\" r=\"3.5\"/>"
                                                  : "<path class=\"s s{0}\" d=\"M0 6H26\"/>";
  return "<svg class=\"swatch\" viewBox=\"0 0 26 12\" aria-hidden=\"true\">" +
         fmt::format(fmt::runtime(shape), style % kStyles) + "</svg>";
}

}  // namespace poise::report
