#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "results/axis.hpp"
#include "results/encoded.hpp"
#include "weights/whole_file.hpp"

namespace aviary::results {
namespace {

using Color = std::uint32_t;  // 0xRRGGBB
constexpr Color ink = 0x333333;
constexpr Color grid = 0xdddddd;
// Okabe and Ito's, which people with any color vision can tell apart.
constexpr std::array<Color, 7> palette = {0x0072b2, 0xd55e00, 0x009e73, 0xcc79a7, 0xe69f00, 0x56b4e9, 0x000000};

enum class Anchor { left, middle, right };

struct Stroke {
  std::vector<cv::Point2d> points;
  Color color;
  double width;
};

struct Label {
  cv::Point2d at;  ///< on the line of writing
  std::string text;
  Anchor anchor;
};

// What both formats draw, in points from the upper left corner.
struct Drawing {
  double width = 800;
  double height = 0;
  std::vector<Stroke> strokes;
  std::vector<Label> labels;
};

constexpr double font_size = 13;

constexpr double name_height = 15;
constexpr std::size_t name_lines = 3;

// A name in lines that fit between two ticks, broken at spaces where there are any.
std::vector<std::string> lines_of(const std::string& name) {
  constexpr std::size_t most = 11;
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < name.size() && lines.size() < name_lines;) {
    std::size_t end = std::min(name.size(), begin + most);
    const std::size_t space = name.rfind(' ', end);
    if (end < name.size() && space != std::string::npos && space > begin) end = space;
    lines.push_back(name.substr(begin, end - begin));
    begin = end + (end < name.size() && name[end] == ' ' ? 1 : 0);
  }
  return lines;
}

// What stands below a tick of the axis across.
std::vector<std::string> words_at(const Plot& plot, const Axis& across, int tick) {
  if (plot.names.empty()) return {across.label(tick)};
  const auto place = static_cast<std::size_t>(tick);
  return place < plot.names.size() ? lines_of(plot.names[place]) : std::vector<std::string>{};
}

// A name's longest words take so much beside each other.
constexpr double width_with_names = 1150;

double room_for_names(const Plot& plot) { return plot.names.empty() ? 0 : name_height * (name_lines - 1); }

void draw_axes(Drawing& drawing, const Plot& plot, const Axis& across, const Axis& up, const cv::Rect2d& area) {
  for (int tick = up.first(); tick <= up.last(); ++tick) {
    const double y = area.y + (1 - up.share(tick * up.step)) * area.height;
    drawing.strokes.push_back({{{area.x, y}, {area.x + area.width, y}}, grid, 1});
    drawing.labels.push_back({{area.x - 8, y + font_size / 3}, up.label(tick), Anchor::right});
  }
  const double bottom = area.y + area.height;
  for (int tick = across.first(); tick <= across.last(); ++tick) {
    const double x = area.x + across.share(tick * across.step) * area.width;
    drawing.strokes.push_back({{{x, bottom}, {x, bottom + 5}}, ink, 1});
    double line = bottom + 20;
    for (const std::string& words : words_at(plot, across, tick)) {
      drawing.labels.push_back({{x, line}, words, Anchor::middle});
      line += name_height;
    }
  }
  drawing.strokes.push_back({{{area.x, area.y}, {area.x, bottom}, {area.x + area.width, bottom}}, ink, 1});
  drawing.labels.push_back({{8, area.y - 14}, plot.y_label, Anchor::left});
  drawing.labels.push_back({{area.x + area.width / 2, bottom + 40 + room_for_names(plot)}, plot.x_label, Anchor::middle});
}

void draw_curve(Drawing& drawing, const Plot& plot, const Curve& curve, Color color, const Axis& up, const cv::Rect2d& area) {
  Stroke stroke{{}, color, 2};
  for (std::size_t i = 0; i < curve.values.size(); ++i) {
    if (std::isfinite(curve.values[i])) {
      stroke.points.emplace_back(area.x + along_x(plot, i) * area.width,
                                 area.y + (1 - up.share(curve.values[i])) * area.height);
    } else {
      drawing.strokes.push_back(stroke);
      stroke.points.clear();
    }
  }
  drawing.strokes.push_back(std::move(stroke));
}

void draw_dots(Drawing& drawing, const Plot& plot, const Curve& curve, const Axis& up, const cv::Rect2d& area) {
  constexpr double half = 3;
  for (std::size_t i = 0; i < curve.values.size(); ++i) {
    if (!std::isfinite(curve.values[i])) continue;
    const cv::Point2d at(area.x + along_x(plot, i) * area.width, area.y + (1 - up.share(curve.values[i])) * area.height);
    drawing.strokes.push_back({{{at.x - half, at.y}, {at.x + half, at.y}}, palette[0], 2 * half});
  }
}

Drawing draw(const Plot& plot) {
  constexpr double legend_row = 20;
  Drawing drawing;
  const bool dots = !plot.names.empty();
  const double legend = 14 + (dots ? 0 : legend_row * static_cast<double>(plot.curves.size()));
  if (dots) drawing.width = width_with_names;
  const cv::Rect2d area(80, legend + 30, drawing.width - (dots ? 130 : 110), 360);
  drawing.height = area.y + area.height + 52 + room_for_names(plot);
  const Axis across = x_axis(plot, 10);
  const Axis up = y_axis(plot, 6);
  draw_axes(drawing, plot, across, up, area);
  for (std::size_t i = 0; i < plot.curves.size(); ++i) {
    if (dots) {
      draw_dots(drawing, plot, plot.curves[i], up, area);
      continue;
    }
    const Color color = palette[i % palette.size()];
    draw_curve(drawing, plot, plot.curves[i], color, up, area);
    const double y = 22 + legend_row * static_cast<double>(i);
    drawing.strokes.push_back({{{area.x, y}, {area.x + 30, y}}, color, 2});
    drawing.labels.push_back({{area.x + 40, y + font_size / 3}, plot.curves[i].name, Anchor::left});
  }
  return drawing;
}

std::string escaped(const std::string& text) {
  std::string safe;
  for (const char letter : text) {
    switch (letter) {
      case '<': safe += "&lt;"; break;
      case '>': safe += "&gt;"; break;
      case '&': safe += "&amp;"; break;
      default: safe += letter;
    }
  }
  return safe;
}

// Below each other.
Drawing draw(const std::vector<Plot>& plots) {
  Drawing all;
  for (const Plot& plot : plots) {
    Drawing one = draw(plot);
    const cv::Point2d below(0, all.height);
    for (Stroke& stroke : one.strokes) {
      for (cv::Point2d& point : stroke.points) point += below;
      all.strokes.push_back(std::move(stroke));
    }
    for (Label& label : one.labels) all.labels.push_back({label.at + below, std::move(label.text), label.anchor});
    all.width = std::max(all.width, one.width);
    all.height += one.height;
  }
  return all;
}

cv::Scalar bgr(Color color) { return {double(color & 0xff), double(color >> 8 & 0xff), double(color >> 16)}; }

std::string drawing_svg(const Drawing& drawing) {
  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" height=\"{1}\">\n"
      "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n",
      drawing.width, drawing.height);
  for (const Stroke& stroke : drawing.strokes) {
    std::string points;
    for (const cv::Point2d& point : stroke.points)
      points += fmt::format("{}{:.2f},{:.2f}", points.empty() ? "" : " ", point.x, point.y);
    svg += fmt::format("<polyline points=\"{}\" fill=\"none\" stroke=\"#{:06x}\" stroke-width=\"{}\"/>\n", points, stroke.color,
                       stroke.width);
  }
  constexpr std::array<const char*, 3> anchors = {"start", "middle", "end"};
  for (const Label& label : drawing.labels)
    svg += fmt::format(
        "<text x=\"{:.2f}\" y=\"{:.2f}\" font-family=\"sans-serif\" font-size=\"{}\" fill=\"#{:06x}\" "
        "text-anchor=\"{}\">{}</text>\n",
        label.at.x, label.at.y, font_size, ink, anchors[static_cast<std::size_t>(label.anchor)], escaped(label.text));
  return svg + "</svg>\n";
}

std::string drawing_png(const Drawing& drawing) {
  constexpr double scale = 2;  // pixels a point
  constexpr int fraction_bits = 4;
  constexpr int font = cv::FONT_HERSHEY_SIMPLEX;
  cv::Mat picture(cv::Size(static_cast<int>(scale * drawing.width), static_cast<int>(scale * drawing.height)), CV_8UC3,
                  cv::Scalar::all(255));
  for (const Stroke& stroke : drawing.strokes) {
    std::vector<cv::Point> points;
    for (const cv::Point2d& point : stroke.points) points.emplace_back(point * scale * (1 << fraction_bits));
    cv::polylines(picture, points, false, bgr(stroke.color), static_cast<int>(scale * stroke.width), cv::LINE_AA,
                  fraction_bits);
  }
  for (const Label& label : drawing.labels) {
    // Its letters are 21 pixels high at scale 1.
    constexpr double font_scale = scale * font_size * 0.7 / 21;
    const int width = cv::getTextSize(label.text, font, font_scale, 2, nullptr).width;
    const double left = scale * label.at.x - width * 0.5 * static_cast<int>(label.anchor);
    cv::putText(picture, label.text, cv::Point2d(left, scale * label.at.y), font, font_scale, bgr(ink), 2, cv::LINE_AA);
  }
  return png_of(picture, "the plot");
}

void write_drawing(const Drawing& drawing, const std::filesystem::path& file) {
  const std::string bytes = file.extension() == ".svg" ? drawing_svg(drawing) : drawing_png(drawing);
  weights::write_whole_file(file, std::array{std::string_view(bytes)});
}

}  // namespace

std::string plot_svg(const Plot& plot) { return drawing_svg(draw(plot)); }

std::string plot_png(const Plot& plot) { return drawing_png(draw(plot)); }

void write_plot(const Plot& plot, const std::filesystem::path& file) { write_drawing(draw(plot), file); }

void write_plots(const std::vector<Plot>& plots, const std::filesystem::path& file) { write_drawing(draw(plots), file); }

}  // namespace aviary::results
