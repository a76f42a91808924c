#include "results/contact_sheet.hpp"

#include <algorithm>
#include <cstddef>

#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "results/encoded.hpp"

namespace aviary::results {
namespace {

constexpr int caption_font = cv::FONT_HERSHEY_SIMPLEX;
constexpr double caption_scale = 0.4;
constexpr int line_height = 15;
constexpr int tile_margin = 8;
constexpr int least_width = 160;

int text_width(const std::string& text) { return cv::getTextSize(text, caption_font, caption_scale, 1, nullptr).width; }

// In lines that are no wider than the tile, broken at spaces.
std::vector<std::string> wrapped(const std::string& text, int width) {
  std::vector<std::string> lines = {""};
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    const std::string word = text.substr(begin, end - begin);
    const std::string longer = lines.back().empty() ? word : lines.back() + ' ' + word;
    if (lines.back().empty() || text_width(longer) <= width)
      lines.back() = longer;
    else
      lines.push_back(word);
    begin = end + 1;
  }
  return lines;
}

cv::Size largest(const std::vector<std::vector<Tile>>& rows) {
  cv::Size size(1, 1);
  for (const auto& row : rows)
    for (const Tile& tile : row) size = {std::max(size.width, tile.image.cols), std::max(size.height, tile.image.rows)};
  return size;
}

int caption_lines(const std::vector<Tile>& row, int width) {
  std::size_t lines = 1;
  for (const Tile& tile : row) lines = std::max(lines, wrapped(tile.caption, width).size());
  return static_cast<int>(lines);
}

void draw(const Tile& tile, cv::Point at, int factor, cv::Size size, cv::Mat& sheet) {
  if (tile.image.empty()) return;
  cv::Mat bgr;
  cv::cvtColor(tile.image, bgr, cv::COLOR_RGB2BGR);
  cv::resize(bgr, bgr, {}, factor, factor, cv::INTER_NEAREST);
  bgr.copyTo(sheet({at, bgr.size()}));
  int baseline = at.y + size.height + line_height;
  for (const std::string& line : wrapped(tile.caption, size.width)) {
    cv::putText(sheet, line, {at.x, baseline}, caption_font, caption_scale, cv::Scalar::all(40), 1, cv::LINE_AA);
    baseline += line_height;
  }
}

}  // namespace

cv::Mat draw_contact_sheet(const std::vector<std::vector<Tile>>& rows) {
  const cv::Size picture = largest(rows);
  const int factor = std::max(1, (least_width + picture.width - 1) / picture.width);
  const cv::Size size(picture.width * factor, picture.height * factor);
  std::size_t columns = 1;
  std::vector<int> tops;
  int height = tile_margin;
  for (const auto& row : rows) {
    columns = std::max(columns, row.size());
    tops.push_back(height);
    height += size.height + line_height * caption_lines(row, size.width) + 2 * tile_margin;
  }
  cv::Mat sheet(height, tile_margin + static_cast<int>(columns) * (size.width + tile_margin), CV_8UC3, cv::Scalar::all(255));
  for (std::size_t row = 0; row < rows.size(); ++row)
    for (std::size_t column = 0; column < rows[row].size(); ++column)
      draw(rows[row][column], {tile_margin + static_cast<int>(column) * (size.width + tile_margin), tops[row]}, factor, size,
           sheet);
  return sheet;
}

std::string contact_sheet(const std::vector<std::vector<Tile>>& rows) {
  return png_of(draw_contact_sheet(rows), "the sheet of pictures");
}

}  // namespace aviary::results
