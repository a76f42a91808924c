// A device that is none: what a GPU's kernel does, pixel after pixel on the host.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

#include <aviary/augment/device.hpp>

namespace aviary::data {

class HostAugmenter final : public DeviceAugmenter {
 public:
  explicit HostAugmenter(const DeviceAugmenterContext& context = {{}, {1, 1, 1}}) : context_(context) {}

  std::string obstacle() const override { return ""; }

  void run(const RawPictures& raw, const at::Tensor& images) override {
    fused::Batch batch{};
    batch.pixels = raw.pixels.data();
    batch.pictures = raw.pictures.data();
    batch.steps = raw.steps.data();
    batch.tables = raw.tables.empty() ? nullptr : raw.tables.front().values.front().data();
    batch.side = raw.side;
    for (std::size_t channel = 0; channel < 3; ++channel) {
      batch.mean[channel] = static_cast<float>(context_.mean[channel]);
      batch.std[channel] = static_cast<float>(context_.std[channel]);
    }
    float* numbers = images.data_ptr<float>();
    for (const fused::Picture& picture : raw.pictures)
      for (int y = 0; y < raw.side; ++y)
        for (int x = 0; x < raw.side; ++x, numbers += 3) fused::pixel(batch, picture, x, y, numbers);
    ++runs;
  }

  int runs = 0;

 private:
  DeviceAugmenterContext context_;
};

}  // namespace aviary::data
