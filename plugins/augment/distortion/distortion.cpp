// albumentations' Perspective, GridDistortion and OpticalDistortion; torchvision's ElasticTransform. They bend the picture,
// which no matrix can, and keep its size.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include <aviary/augment/transform.hpp>
#include <aviary/augment/warps.hpp>

namespace {

using aviary::Image;
using aviary::Pixels;

// A copy, since what is drawn outlives the call but not always the settings.
struct Look {
  explicit Look(const aviary::Edges& edges) : border(edges.border_of()), interpolation(edges.interpolation_of()) {}

  Image remap(const Image& image, const cv::Mat& x, const cv::Mat& y) const {
    Image bent;
    cv::remap(image, bent, x, y, interpolation, border.type, border.color);
    return bent;
  }

  aviary::Border border;
  int interpolation;
};

// Calls place(x, y) for every pixel: where it comes from.
template <class Place>
Image bend(const Image& image, const Look& look, const Place& place) {
  cv::Mat x(image.size(), CV_32F);
  cv::Mat y(image.size(), CV_32F);
  for (int row = 0; row < image.rows; ++row)
    for (int column = 0; column < image.cols; ++column) {
      const cv::Point2f from = place(static_cast<float>(column), static_cast<float>(row));
      x.at<float>(row, column) = from.x;
      y.at<float>(row, column) = from.y;
    }
  return look.remap(image, x, y);
}

struct Perspective : aviary::Edges {
  std::vector<double> scale = {0.05, 0.1};
  double probability = 0.5;

  static void declare(aviary::ParamList<Perspective>& list) {
    list.add("scale", &Perspective::scale, "standard deviation of what a corner moves inwards, of width and height")
        .limits_from(0)
        .at_least(0)
        .at_most(0.5);
    Edges::declare(list);
    aviary::add_probability(list);
  }

  aviary::Action action(cv::Size size, aviary::Rng& rng) const {
    const double deviation = aviary::draw_within(scale, rng);
    const auto right = static_cast<float>(size.width - 1);
    const auto bottom = static_cast<float>(size.height - 1);
    const std::array<cv::Point2f, 4> corners = {cv::Point2f{0, 0}, {right, 0}, {right, bottom}, {0, bottom}};
    std::array<cv::Point2f, 4> from = corners;
    for (cv::Point2f& corner : from) {
      // Not as far as the middle, where corners would meet.
      const auto inwards = [&] { return static_cast<float>(std::min(std::abs(deviation * rng.normal()), 0.4)); };
      corner.x = std::abs(corner.x - right * inwards());
      corner.y = std::abs(corner.y - bottom * inwards());
    }
    const cv::Mat matrix = cv::getPerspectiveTransform(corners.data(), from.data());
    return Pixels([matrix, look = Look(*this)](const Image& image) {
      Image seen;
      cv::warpPerspective(image, seen, matrix, image.size(), look.interpolation | cv::WARP_INVERSE_MAP, look.border.type,
                          look.border.color);
      return seen;
    });
  }
};

// Where the boundaries of `steps` strips come from, of which each is stretched by a factor; together they stay as long.
std::vector<float> stretched(int length, std::int64_t steps, const std::vector<double>& limit, aviary::Rng& rng) {
  std::vector<float> ends = {0};
  for (std::int64_t i = 0; i < steps; ++i)
    ends.push_back(ends.back() + static_cast<float>(1 + aviary::draw_within(limit, rng)));
  for (float& end : ends) end *= static_cast<float>(length - 1) / ends.back();
  return ends;
}

struct GridDistortion : aviary::Edges {
  std::int64_t num_steps = 5;
  std::vector<double> distort_limit = {-0.3, 0.3};
  double probability = 0.5;

  static void declare(aviary::ParamList<GridDistortion>& list) {
    list.add("num_steps", &GridDistortion::num_steps, "cells across and down").at_least(1).at_most(100);
    list.add("distort_limit", &GridDistortion::distort_limit, "added to a cell's length of 1").limits().above(-1).at_most(9);
    Edges::declare(list);
    aviary::add_probability(list);
  }

  aviary::Action action(cv::Size size, aviary::Rng& rng) const {
    const std::vector<float> columns = stretched(size.width, num_steps, distort_limit, rng);
    const std::vector<float> rows = stretched(size.height, num_steps, distort_limit, rng);
    return Pixels([=, look = Look(*this)](const Image& image) {
      const auto along = [](const std::vector<float>& ends, float place, int length) {
        const auto strips = static_cast<float>(ends.size() - 1);
        const float at = std::min(place / static_cast<float>(std::max(length - 1, 1)) * strips, strips);
        const std::size_t strip = std::min(static_cast<std::size_t>(at), ends.size() - 2);
        return ends[strip] + (ends[strip + 1] - ends[strip]) * (at - static_cast<float>(strip));
      };
      return bend(image, look,
                  [&](float x, float y) { return cv::Point2f(along(columns, x, image.cols), along(rows, y, image.rows)); });
    });
  }
};

struct OpticalDistortion : aviary::Edges {
  std::vector<double> distort_limit = {-0.05, 0.05};
  std::vector<double> shift_limit = {-0.05, 0.05};
  double probability = 0.5;

  static void declare(aviary::ParamList<OpticalDistortion>& list) {
    using P = OpticalDistortion;
    list.add("distort_limit", &P::distort_limit, "how much farther pixels away from the centre come from")
        .limits()
        .each_within(-1, 1);
    list.add("shift_limit", &P::shift_limit, "of the centre, pixels").limits().each_within(-4096, 4096);
    Edges::declare(list);
    aviary::add_probability(list);
  }

  // Brown's model with both radial coefficients equal, in units of the picture's width and height.
  aviary::Action action(cv::Size size, aviary::Rng& rng) const {
    const auto k = static_cast<float>(aviary::draw_within(distort_limit, rng));
    const auto x0 = static_cast<float>(size.width / 2.0 + aviary::draw_within(shift_limit, rng));
    const auto y0 = static_cast<float>(size.height / 2.0 + aviary::draw_within(shift_limit, rng));
    return Pixels([=, look = Look(*this)](const Image& image) {
      const auto width = static_cast<float>(image.cols);
      const auto height = static_cast<float>(image.rows);
      return bend(image, look, [&](float x, float y) {
        const float u = (x - x0) / width;
        const float v = (y - y0) / height;
        const float square = u * u + v * v;
        const float farther = 1 + k * square + k * square * square;
        return cv::Point2f(x0 + u * farther * width, y0 + v * farther * height);
      });
    });
  }
};

struct ElasticTransform : aviary::Edges {
  double alpha = 50;
  double sigma = 5;
  double probability = 0.5;

  static void declare(aviary::ParamList<ElasticTransform>& list) {
    list.add("alpha", &ElasticTransform::alpha, "how far pixels move, before it is smoothed").at_least(0).at_most(10'000);
    list.add("sigma", &ElasticTransform::sigma, "how smoothly: standard deviation, pixels").above(0).at_most(200);
    Edges::declare(list);
    aviary::add_probability(list);
  }

  aviary::Action action(cv::Size, aviary::Rng& rng) const {
    return Pixels([seed = rng.bits(), strength = alpha, smooth = sigma, look = Look(*this)](const Image& image) {
      cv::RNG noise(seed);
      const auto drawn = [&] {
        cv::Mat moves(image.size(), CV_32F);
        noise.fill(moves, cv::RNG::UNIFORM, -strength, strength);
        cv::GaussianBlur(moves, moves, {0, 0}, smooth);
        return moves;
      };
      const cv::Mat across = drawn();
      const cv::Mat down = drawn();
      return bend(image, look, [&](float x, float y) {
        const auto row = static_cast<int>(y);
        const auto column = static_cast<int>(x);
        return cv::Point2f(x + across.at<float>(row, column), y + down.at<float>(row, column));
      });
    });
  }
};

}  // namespace

AVIARY_TRANSFORM("perspective", Perspective, "See the picture from an angle")
AVIARY_TRANSFORM("grid_distortion", GridDistortion, "Stretch and squeeze strips of the picture")
AVIARY_TRANSFORM("optical_distortion", OpticalDistortion, "Bend like a lens, barrel or pincushion")
AVIARY_TRANSFORM("elastic_transform", ElasticTransform, "Move pixels about in smooth random waves")
