#include "training/compute.hpp"

#include <cstdint>

#include <ATen/Context.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/randn.h>
#include <gtest/gtest.h>

namespace {

// Debian 13's oneDNN fails at some of these where nothing is done about it.
TEST(Compute, ConvolutionsAreRightForAnyNumberOfChannels) {
  aviary::training::set_compute_threads(1);
  at::manual_seed(1);
  for (const std::int64_t channels : {3, 8, 12, 16, 20, 24, 40, 56, 64}) {
    const at::Tensor pictures = at::randn({2, channels, 14, 14});
    const at::Tensor weights = at::randn({channels, channels, 3, 3});
    for (const auto format : {at::MemoryFormat::Contiguous, at::MemoryFormat::ChannelsLast}) {
      const at::Tensor single = at::conv2d(pictures.contiguous(format), weights, {}, 1, 1);
      const at::Tensor doubled = at::conv2d(pictures.to(at::kDouble), weights.to(at::kDouble), {}, 1, 1);
      EXPECT_TRUE(single.to(at::kDouble).allclose(doubled, 1e-4, 1e-4)) << channels << " channels, " << format;
    }
  }
}

}  // namespace
