#include "training/batch_feed.hpp"

#include <optional>
#include <utility>

#include <ATen/core/Tensor.h>
#include <c10/core/Event.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include "training/compute.hpp"

namespace aviary::training {

struct BatchFeed::Ahead {
  // A step's batches, and when they have arrived.
  struct Sent {
    std::vector<data::Batch> batches;
    c10::Event arrived;
  };

  at::Device device = compute_device();
  c10::impl::VirtualGuardImpl gpu{device.type()};
  c10::Stream copies = gpu.getStreamFromGlobalPool(device);
  std::optional<Sent> waiting = {};

  Sent send(std::vector<data::Batch> batches) const {
    const c10::StreamGuard on_copies(copies);
    for (data::Batch& batch : batches)
      for (at::Tensor* const tensor : batch.tensors()) *tensor = tensor->to(device, true);
    Sent sent{std::move(batches), c10::Event(device.type())};
    sent.arrived.record(copies);
    return sent;
  }

  // From now on what is computed may use them.
  std::vector<data::Batch> receive(Sent sent) const {
    const c10::Stream computing = gpu.getStream(device);
    sent.arrived.block(computing);
    for (data::Batch& batch : sent.batches)
      for (at::Tensor* const tensor : batch.tensors()) tensor->record_stream(computing);  // lest the next copy take its memory
    return std::move(sent.batches);
  }
};

BatchFeed::BatchFeed(data::Loader& loader, data::EmptyBatches empty)
    : loader_(loader), empty_(empty), ahead_(compute_device().is_cpu() ? nullptr : std::make_unique<Ahead>()) {}

BatchFeed::~BatchFeed() = default;

void BatchFeed::restart() {
  if (ahead_) ahead_->waiting.reset();
}

std::vector<data::Batch> BatchFeed::next(std::int64_t count, std::int64_t then) {
  const auto take = [&](std::int64_t batches) { return data::next_batches(loader_, batches, empty_); };
  if (!ahead_) return take(count);
  Ahead::Sent now = ahead_->waiting ? *std::exchange(ahead_->waiting, std::nullopt) : ahead_->send(take(count));
  if (then > 0) ahead_->waiting = ahead_->send(take(then));
  return ahead_->receive(std::move(now));
}

}  // namespace aviary::training
