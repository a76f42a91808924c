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

/// What LibTorch counts totals in: later versions have them without a sign.
template <class Total>
Total total_of(void (c10::MemoryReportingInfoBase::*)(void*, std::int64_t, Total, Total, c10::Device));
using Total = decltype(total_of(&c10::MemoryReportingInfoBase::reportMemoryUsage));

/// On this thread.
struct Allocated final : c10::MemoryReportingInfoBase {
  void reportMemoryUsage(void*, std::int64_t bytes, Total, Total, c10::Device) override { add(bytes); }
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
