// Measures what LibTorch allocates for tensors.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>

#include <ATen/core/Tensor.h>
#include <c10/core/Allocator.h>

#include <aviary/model.hpp>

#include "network/evaluation_mode.hpp"

namespace aviary::test {

/// On this thread. Later versions count the totals, which are not used, without a sign.
struct Allocated final : c10::MemoryReportingInfoBase {
  // NOLINTNEXTLINE(modernize-use-override,clang-diagnostic-inconsistent-missing-override): one of the two overrides
  virtual void reportMemoryUsage(void*, std::int64_t bytes, std::int64_t, std::int64_t, c10::Device) { add(bytes); }
  // NOLINTNEXTLINE(modernize-use-override,clang-diagnostic-inconsistent-missing-override)
  virtual void reportMemoryUsage(void*, std::int64_t bytes, std::size_t, std::size_t, c10::Device) { add(bytes); }
  bool memoryProfilingEnabled() const override { return true; }

  void add(std::int64_t bytes) {
    now += bytes;
    most = std::max(most, now);
  }

  std::int64_t now = 0;
  std::int64_t most = 0;
};

/// The most at once, pictures included.
inline std::int64_t allocated_in_evaluation(Model& model, const at::Tensor& images) {
  const network::EvaluationMode mode(model);
  const auto allocated = std::make_shared<Allocated>();
  const c10::DebugInfoGuard guard(c10::DebugInfoKind::PROFILER_STATE, allocated);
  model.forward(images);
  return allocated->most + images.numel() * 4;
}

/// What is left after forward, pictures included.
inline std::int64_t kept_in_training(Model& model, const at::Tensor& images) {
  const auto allocated = std::make_shared<Allocated>();
  const c10::DebugInfoGuard guard(c10::DebugInfoKind::PROFILER_STATE, allocated);
  const at::Tensor logits = model.forward(images);
  return allocated->now + images.numel() * 4;
}

}  // namespace aviary::test
