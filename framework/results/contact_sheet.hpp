// Pictures side by side with a caption below each, as one. Pure functions, for any thread.
#pragma once

#include <string>
#include <vector>

#include <aviary/image.hpp>

namespace aviary::results {

struct Tile {
  Image image;  ///< RGB; empty: the place stays free
  std::string caption;
};

/// As OpenCV draws, BGR. Small pictures are enlarged by a whole factor, so that captions fit below them.
cv::Mat draw_contact_sheet(const std::vector<std::vector<Tile>>& rows);

/// The same as the bytes of a PNG file.
std::string contact_sheet(const std::vector<std::vector<Tile>>& rows);

}  // namespace aviary::results
