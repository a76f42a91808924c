#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include <fmt/format.h>

#include "results/axis.hpp"

namespace aviary::results {
namespace {

constexpr int total_columns = 80;
constexpr int plot_rows = 16;

// Two columns and four rows of dots a character.
class Canvas {
 public:
  Canvas(int columns, int rows)
      : columns_(static_cast<std::size_t>(columns)), cells_(columns_ * static_cast<std::size_t>(rows)) {}

  void dot(int x, int y) {
    // Braille's bits go down the left column, down the right one, and then along the row that was added later.
    constexpr std::array<std::array<unsigned, 2>, 4> bits = {{{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}}};
    cell(x / 2, y / 4) |= bits[static_cast<std::size_t>(y % 4)][static_cast<std::size_t>(x % 2)];
  }

  std::string row(int number) {
    std::string text;
    for (int x = 0; x < static_cast<int>(columns_); ++x) {
      const unsigned dots = cell(x, number);
      text += dots == 0 ? std::string(" ")
                        : std::string{'\xe2', static_cast<char>(0xa0 | dots >> 6), static_cast<char>(0x80 | (dots & 0x3f))};
    }
    return text;
  }

 private:
  unsigned& cell(int column, int row) {
    return cells_[static_cast<std::size_t>(row) * columns_ + static_cast<std::size_t>(column)];
  }

  std::size_t columns_;
  std::vector<unsigned> cells_;
};

// Draws along a line dot by dot, some of them left out.
class Pen {
 public:
  Pen(Canvas& canvas, std::size_t curve) : canvas_(canvas), dashes_(patterns[curve % patterns.size()]) {}

  void lift() { down_ = false; }

  void go_to(double x, double y) {
    const int steps = down_ ? static_cast<int>(std::ceil(std::max({std::abs(x - x_), std::abs(y - y_), 1.0}))) : 1;
    for (int i = 1; i <= steps; ++i) {
      const double share = down_ ? static_cast<double>(i) / steps : 1;
      if (dashes_[walked_++ % dashes_.size()] == '#')
        canvas_.dot(static_cast<int>(std::lround(x_ + (x - x_) * share)), static_cast<int>(std::lround(y_ + (y - y_) * share)));
    }
    x_ = x;
    y_ = y;
    down_ = true;
  }

 private:
  static constexpr std::array<std::string_view, 4> patterns = {"#", "#  ", "######    ", "#######   #   "};

  Canvas& canvas_;
  std::string_view dashes_;
  std::size_t walked_ = 0;
  bool down_ = false;
  double x_ = 0;
  double y_ = 0;
};

void draw(const Plot& plot, const Curve& curve, Pen pen, const Axis& up, int columns) {
  for (std::size_t i = 0; i < curve.values.size(); ++i) {
    if (!std::isfinite(curve.values[i])) {
      pen.lift();
      continue;
    }
    pen.go_to(along_x(plot, i) * (2 * columns - 1), (1 - up.share(curve.values[i])) * (4 * plot_rows - 1));
  }
}

std::string tick_labels(const Axis& across, int columns) {
  std::string line(static_cast<std::size_t>(columns), ' ');
  for (int tick = across.first(); tick <= across.last(); ++tick) {
    const std::string label = across.label(tick);
    const auto centre = std::lround(across.share(tick * across.step) * (columns - 1));
    const auto begin = std::clamp<long>(centre - std::ssize(label) / 2, 0, columns - std::ssize(label));
    line.replace(static_cast<std::size_t>(begin), label.size(), label);
  }
  return line;
}

std::string legend(const Plot& plot) {
  std::string text;
  for (std::size_t i = 0; i < plot.curves.size(); ++i) {
    constexpr int columns = 10;
    Canvas sample(columns, 1);
    Pen pen(sample, i);
    pen.go_to(0, 1);
    pen.go_to(2 * columns - 1, 1);
    text += sample.row(0) + "  " + plot.curves[i].name + '\n';
  }
  return text;
}

}  // namespace

std::string plot_text(const Plot& plot) {
  const Axis up = y_axis(plot, 5);
  const Axis across = x_axis(plot, 8);
  std::vector<std::string> labels(plot_rows);
  std::size_t width = 0;
  for (int tick = up.first(); tick <= up.last(); ++tick) {
    std::string& label = labels[static_cast<std::size_t>(std::lround((1 - up.share(tick * up.step)) * (plot_rows - 1)))];
    label = up.label(tick);
    width = std::max(width, label.size());
  }
  const int columns = total_columns - static_cast<int>(width) - 2;
  Canvas canvas(columns, plot_rows);
  for (std::size_t i = 0; i < plot.curves.size(); ++i) draw(plot, plot.curves[i], Pen(canvas, i), up, columns);
  std::string text = plot.y_label + '\n';
  for (int row = 0; row < plot_rows; ++row) {
    const std::string& label = labels[static_cast<std::size_t>(row)];
    text += fmt::format("{:>{}} {}{}\n", label, width, label.empty() ? "│" : "┤", canvas.row(row));
  }
  std::string line;
  for (int i = 0; i < columns; ++i) line += "─";
  text += fmt::format("{:{}} └{}\n", "", width, line);
  const std::string margin(width + 2, ' ');
  text += margin + tick_labels(across, columns) + '\n';
  text += fmt::format("{}{:>{}}\n", margin, plot.x_label, columns);
  return text + legend(plot);
}

}  // namespace aviary::results
