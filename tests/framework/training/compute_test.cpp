#include "training/compute.hpp"

#include <cstdint>

#include <ATen/core/Tensor.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/randn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <aviary/error.hpp>

#include "framework/weights/scratch_folder.hpp"

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

TEST(Compute, AutoTakesTheCpuWhereThereIsNoGpu) {
  if (aviary::training::count_gpus() > 0) GTEST_SKIP() << "there is one";
  aviary::training::choose_device("auto");
  EXPECT_EQ(aviary::training::compute_device(), at::Device(at::kCPU));
  aviary::training::choose_device("cpu");
  EXPECT_EQ(aviary::training::compute_device(), at::Device(at::kCPU));
}

TEST(Compute, SaysWhyThereIsNoSuchDevice) {
  const auto complaint = [](const char* name) {
    return aviary::test::message_of<aviary::Error>([&] { aviary::training::choose_device(name); });
  };
  for (const char* const name : {"gpu", "cuda:", "cuda:-1", "cuda:1x", "cuda1", "CPU", ""})
    EXPECT_THAT(complaint(name), testing::HasSubstr("expected auto, cpu, cuda or cuda:N")) << name;
  if (aviary::training::count_gpus() > 0) GTEST_SKIP() << "there is one";
  const auto reason = testing::HasSubstr(aviary::training::has_cuda() ? "LibTorch sees no GPU" : "LibTorch without CUDA");
  EXPECT_THAT(complaint("cuda"), testing::AllOf(testing::HasSubstr("--device cuda: "), reason));
  EXPECT_THAT(complaint("cuda:1"), testing::HasSubstr("--device cuda:1: "));
}

}  // namespace
