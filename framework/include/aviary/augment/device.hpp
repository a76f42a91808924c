// Does the last part of the augmentation on a device, for a whole batch: data.augment_on = "device". What aviary itself has is
// plugins/augment/gpu; all of it but the device's own calls is in fused_pixel.hpp. Used from one thread.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include <aviary/api.hpp>
#include <aviary/augment/fused_pixel.hpp>
#include <aviary/augmentation.hpp>
#include <aviary/plugin.hpp>

namespace aviary {

/// A batch as the loader's workers leave it: pictures, and what is left to be done with each.
struct RawPictures {
  std::vector<std::uint8_t> pixels;
  std::vector<fused::Picture> pictures;
  std::vector<fused::Step> steps;
  std::vector<Table> tables;
  std::int32_t side = 0;  ///< height and width that they get
};

struct DeviceAugmenterContext {
  std::array<double, 3> mean;  ///< of red, green and blue in 0..1
  std::array<double, 3> std;
};

class AVIARY_API DeviceAugmenter {
 public:
  using Context = DeviceAugmenterContext;
  static constexpr Kind kind = Kind::augmenter;

  DeviceAugmenter() = default;
  DeviceAugmenter(const DeviceAugmenter&) = delete;
  DeviceAugmenter& operator=(const DeviceAugmenter&) = delete;
  virtual ~DeviceAugmenter();

  /// Why there is no device to augment on, "there is no GPU that ..."; empty where there is one. Asked once, before run().
  virtual std::string obstacle() const = 0;

  /// Writes fused::pixel() of every pixel into `images`: N x 3 x side x side in channels-last memory, float or bfloat16, on the
  /// CPU or on the device; there it is done when the device comes to it, in the order of LibTorch's default stream. The
  /// pictures may go away when this returns. Throws Error.
  virtual void run(const RawPictures& pictures, const at::Tensor& images) = 0;
};

}  // namespace aviary

#define AVIARY_DEVICE_AUGMENTER(name, Class, Params, summary) \
  AVIARY_COMPONENT(::aviary::DeviceAugmenter, "augmenter", name, Class, Params, summary)
