#include "inspection/survey.hpp"

#include <algorithm>
#include <cmath>
#include <mutex>

#include <aviary/error.hpp>

#include "data/decode.hpp"

namespace aviary::inspection {
namespace {

bool is_gray(const Image& image) {
  for (int y = 0; y < image.rows; ++y) {
    const std::uint8_t* pixel = image.ptr(y);
    for (const std::uint8_t* const end = pixel + std::ptrdiff_t{3} * image.cols; pixel != end; pixel += 3)
      if (pixel[0] != pixel[1] || pixel[1] != pixel[2]) return false;
  }
  return true;
}

Image pixels_of(const data::Sample& sample) {
  return sample.pixels.empty() ? data::decode(sample.file) : data::to_rgb(sample.pixels);
}

}  // namespace

void Colors::add(const Image& image) {
  for (int y = 0; y < image.rows; ++y) {
    const std::uint8_t* pixel = image.ptr(y);
    for (const std::uint8_t* const end = pixel + std::ptrdiff_t{3} * image.cols; pixel != end; pixel += 3)
      for (std::size_t color = 0; color < 3; ++color) ++counts[color][pixel[color]];
  }
}

void Colors::add(const Colors& other) {
  for (std::size_t color = 0; color < 3; ++color)
    for (std::size_t value = 0; value < 256; ++value) counts[color][value] += other.counts[color][value];
}

bool Colors::empty() const {
  return std::ranges::all_of(counts[0], [](std::uint64_t count) { return count == 0; });
}

std::array<double, 3> Colors::mean() const {
  std::array<double, 3> means{};
  for (std::size_t color = 0; color < 3; ++color) {
    std::uint64_t sum = 0;
    std::uint64_t pixels = 0;
    for (std::size_t value = 0; value < 256; ++value) {
      sum += value * counts[color][value];
      pixels += counts[color][value];
    }
    means[color] = static_cast<double>(sum) / static_cast<double>(pixels) / 255;
  }
  return means;
}

std::array<double, 3> Colors::std() const {
  const std::array<double, 3> means = mean();
  std::array<double, 3> deviations{};
  for (std::size_t color = 0; color < 3; ++color) {
    double squares = 0;
    double pixels = 0;
    for (std::size_t value = 0; value < 256; ++value) {
      const auto count = static_cast<double>(counts[color][value]);
      const double distance = static_cast<double>(value) / 255 - means[color];
      squares += count * distance * distance;
      pixels += count;
    }
    deviations[color] = std::sqrt(squares / pixels);
  }
  return deviations;
}

std::optional<Survey> survey(const data::Dataset& dataset, const data::Preparation& preparation, int threads,
                             const Watch& watch) {
  Survey survey;
  for (const data::Split* const split : {&dataset.train, &dataset.validation, &dataset.test})
    for (const data::Sample& sample : split->samples) survey.pictures.push_back({split, &sample, {}, {}, false, {}});
  std::mutex mutex;
  const bool finished = for_each_number(survey.pictures.size(), threads, "pictures", watch, [&](std::size_t number) {
    Picture& picture = survey.pictures[number];
    try {
      const Image image = pixels_of(*picture.sample);
      picture.size = image.size();
      picture.gray = is_gray(image);
      picture.fingerprint = fingerprint_of(image);
      if (picture.split != &dataset.train) return;
      Colors colors;
      colors.add(preparation.resize(image, preparation.image_size));
      const std::lock_guard lock(mutex);
      survey.colors.add(colors);
    } catch (const Error& error) {
      picture.fault = error.what();
    }
  });
  return finished ? std::optional(std::move(survey)) : std::nullopt;
}

}  // namespace aviary::inspection
