// What makes of a picture the numbers that a model sees: size, kind of resizing, mean and standard deviation. Training,
// evaluation and prediction use the same object, and it is saved with the weights. Its functions are called from many threads
// at once.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include <aviary/image.hpp>

#include "recipe/sections.hpp"

namespace aviary {
class JpegDecoder;
}

namespace aviary::data {

struct Preparation {
  std::int64_t image_size = 224;     ///< height and width
  std::string resize_kind = "area";  ///< or "linear" or "antialias"
  std::array<double, 3> mean{};      ///< of red, green and blue in 0..1
  std::array<double, 3> std{1, 1, 1};

  static Preparation from(const recipe::Data& settings);
  /// Errors when `json` is not what to_json() writes.
  static Preparation from_json(const nlohmann::json& json);
  nlohmann::json to_json() const;

  /// A file's picture with a height and width of `side`; a large JPEG is decoded at a part of its size, but for antialias,
  /// which is exact. Throws aviary::Error as decode() does.
  Image load(const std::filesystem::path& file, std::int64_t side, const JpegDecoder* decoder = nullptr) const;

  /// The picture with a height and width of `side`. When it has that size already, the result shares its pixels.
  Image resize(const Image& image, std::int64_t side) const;

  bool operator==(const Preparation&) const = default;
};

/// Writes (value / 255 - mean) / std in single precision, as torchvision does.
class Normaliser {
 public:
  explicit Normaliser(const Preparation& preparation);

  /// To height x width x 3 numbers.
  void operator()(const Image& image, float* values) const;

 private:
  std::array<std::array<float, 256>, 3> tables_;
};

}  // namespace aviary::data
