// Pictures as the bytes of files. From any thread.
#pragma once

#include <string>

#include <opencv2/core/mat.hpp>

namespace aviary::results {

/// `picture` is BGR, as OpenCV draws. `name` says in the error what cannot be written.
std::string png_of(const cv::Mat& picture, const char* name);

/// For photographs: a tenth of the bytes.
std::string jpeg_of(const cv::Mat& picture, const char* name);

}  // namespace aviary::results
