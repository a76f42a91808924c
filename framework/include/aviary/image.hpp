// Pictures, in OpenCV's terms: 8-bit, height x width x 3 (CV_8UC3), and RGB from the moment they are decoded. A copy of an
// Image shares its pixels; whoever changes them works on its own clone.
#pragma once

#include <opencv2/core/mat.hpp>

namespace aviary {

using Image = cv::Mat;

}  // namespace aviary
