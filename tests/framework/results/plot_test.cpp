#include <limits>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>

#include "framework/weights/scratch_folder.hpp"
#include "results/plot.hpp"

namespace {

using aviary::results::Plot;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> found;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) found.push_back(line);
  return found;
}

std::size_t columns(const std::string& line) {
  std::size_t count = 0;
  for (const char byte : line) count += (byte & 0xc0) != 0x80 ? 1 : 0;  // all but UTF-8's continuations
  return count;
}

Plot falling(const std::vector<std::string>& names) {
  Plot plot{"epoch", "rate", {}};
  for (const std::string& name : names) plot.curves.push_back({name, {1, 0.5, 0}});
  return plot;
}

int rows_of_png(const std::string& bytes) {
  return cv::imdecode(std::vector<char>(bytes.begin(), bytes.end()), cv::IMREAD_COLOR).rows;
}

TEST(PlotText, FillsEightyColumnsFromCornerToCorner) {
  const auto rows = lines(plot_text(falling({"line"})));
  ASSERT_EQ(rows.size(), 1 + 16 + 3 + 1);
  for (const std::string& row : rows) EXPECT_LE(columns(row), 80) << row;
  EXPECT_EQ(rows[0], "rate");
  EXPECT_THAT(rows[1], testing::StartsWith("  1 ┤⠉⠒⠤"));
  EXPECT_THAT(rows[16], testing::StartsWith("  0 ┤"));
  EXPECT_THAT(rows[16], EndsWith("⠒⠤⣀"));
  EXPECT_EQ(columns(rows[16]), 80);
  EXPECT_THAT(rows[19], EndsWith("epoch"));
  EXPECT_EQ(rows[20], "⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒  line");
}

TEST(PlotText, CurvesDifferByTheirDashes) {
  const auto rows = lines(plot_text(falling({"a", "b"})));
  ASSERT_EQ(rows.size(), 22);
  const auto sample = [](const std::string& row) { return row.substr(0, row.find("  ")); };
  EXPECT_NE(sample(rows[20]), sample(rows[21]));
}

TEST(PlotText, LeavesAGapWhereAValueIsNotFinite) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  const auto rows = lines(plot_text(Plot{"epoch", "rate", {{"gap", {1, nan, infinity, 1}}}}));
  EXPECT_THAT(rows[1], HasSubstr("⠁          "));
}

TEST(PlotText, ShowsRatesOnALogarithmicAxis) {
  Plot plot{"learning rate", "loss", {{"loss", {2, 1, 1.5}}}, {1e-5, 1e-3, 1e-1}};
  const auto rows = lines(plot_text(plot));
  EXPECT_THAT(rows[18], testing::ContainsRegex("^ *1e-05 +0.0001 +0.001 +0.01 +0.1$"));
}

TEST(PlotText, LeavesOutTheWayUpFromZeroWhereValuesAreFarAboveIt) {
  Plot plot{"epoch", "loss", {{"loss", {6, 5.5, 5.8}}}};
  EXPECT_THAT(lines(plot_text(plot))[16], testing::StartsWith("5.5 ┤"));
  plot.curves[0].values[1] = 2;
  EXPECT_THAT(lines(plot_text(plot))[16], testing::StartsWith("0 ┤"));
}

TEST(PlotSvg, HasALineAndANameForEveryCurve) {
  const std::string svg = plot_svg(falling({"one", "<two> & three"}));
  EXPECT_THAT(svg, testing::StartsWith("<svg xmlns="));
  EXPECT_THAT(svg, HasSubstr("stroke=\"#0072b2\""));
  EXPECT_THAT(svg, HasSubstr("stroke=\"#d55e00\""));
  EXPECT_THAT(svg, HasSubstr(">one</text>"));
  EXPECT_THAT(svg, HasSubstr(">&lt;two&gt; &amp; three</text>"));
  EXPECT_THAT(svg, Not(HasSubstr("nan")));
  EXPECT_THAT(svg, EndsWith("</svg>\n"));
}

TEST(PlotSvg, NamedPlacesHaveDotsAndTheirNamesInLines) {
  const double none = std::numeric_limits<double>::quiet_NaN();
  const std::string svg = plot_svg({.x_label = "curriculum",
                                    .y_label = "validation.top1",
                                    .curves = {{"", {0.5, 0.6}}, {"", {none, 0.7}}},
                                    .names = {"10 plain, then PAAA", "all"}});
  for (const char* const words : {">10 plain,<", ">then PAAA<", ">all<", ">curriculum<"}) EXPECT_THAT(svg, HasSubstr(words));
  std::size_t dots = 0;
  for (std::size_t at = svg.find("stroke-width=\"6\""); at != std::string::npos; at = svg.find("stroke-width=\"6\"", at + 1))
    ++dots;
  EXPECT_EQ(dots, 3);
}

TEST(PlotPng, ShowsEveryCurveInItsColor) {
  Plot plot = falling({"down", "up"});
  plot.curves[1].values = {0, 0.5, 1};
  const std::string png = plot_png(plot);
  const cv::Mat picture = cv::imdecode(std::vector<char>(png.begin(), png.end()), cv::IMREAD_COLOR);
  ASSERT_FALSE(picture.empty());
  for (const cv::Vec3b& color : {cv::Vec3b(0xb2, 0x72, 0x00), cv::Vec3b(0x00, 0x5e, 0xd5)}) {
    cv::Mat found;
    cv::inRange(picture, color, color, found);
    EXPECT_GT(cv::countNonZero(found), 1000);
  }
}

TEST(Plots, StandBelowEachOther) {
  const aviary::test::ScratchFolder folder;
  Plot below = falling({"below"});
  below.y_label = "loss";
  write_plots({falling({"above"}), below}, folder / "both.svg");
  const std::string svg = aviary::test::bytes_of(folder / "both.svg");
  const auto y_of = [&](const std::string& text) {
    const std::size_t label = svg.find(">" + text + "<");
    return std::stod(svg.substr(svg.rfind(" y=\"", label) + 4));
  };
  EXPECT_LT(y_of("rate") + 300, y_of("loss"));
  write_plots({falling({"above"}), below}, folder / "both.png");
  EXPECT_EQ(cv::imread((folder / "both.png").string()).rows, 2 * rows_of_png(plot_png(falling({"one"}))));
}

}  // namespace
