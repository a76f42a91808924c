// The destructors of the interfaces stand here, so that their type information exists once, in libaviary.
#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include <aviary/augment/device.hpp>
#include <aviary/augmentation.hpp>
#include <aviary/error.hpp>
#include <aviary/event_sink.hpp>
#include <aviary/jpeg_decoder.hpp>
#include <aviary/model.hpp>
#include <aviary/optimizer.hpp>
#include <aviary/scheduler.hpp>

namespace aviary {

Model::~Model() = default;
Optimizer::~Optimizer() = default;
Scheduler::~Scheduler() = default;
Augmentation::~Augmentation() = default;
EventSink::~EventSink() = default;
DeviceAugmenter::~DeviceAugmenter() = default;
JpegDecoder::~JpegDecoder() = default;

void require_image_size(const ModelContext& context, std::int64_t stride) {
  if (context.image_size >= stride) return;
  throw Error(fmt::format("the network makes pictures {0} times smaller; expected pictures of at least {0} x {0}, found "
                          "data.image_size = {1}",
                          stride, context.image_size),
              Fault::usage);
}

bool Progress::past(double fraction) const {
  // A product that is whole on paper may come out a little larger; an epoch is never cut that finely.
  constexpr double rounding = 1e-9;
  return static_cast<double>(epoch) >= std::ceil(fraction * static_cast<double>(epochs) - rounding);
}

double Progress::elapsed(std::string_view per) const {
  const double share = per == "step" ? static_cast<double>(step) / static_cast<double>(steps) : 0;
  return static_cast<double>(epoch) + share;
}

Progress Progress::part(std::int64_t first, std::int64_t count) const {
  const auto seen = static_cast<std::size_t>(std::clamp<std::int64_t>(first, 0, std::ssize(history)));
  return {epoch - first, count, step, steps, history.subspan(seen)};
}

std::vector<Misfit> Scheduler::misfits(const SchedulerContext&) const { return {}; }

std::vector<Misfit> Scheduler::misfits_below(const std::string& key, const SchedulerContext& context) const {
  std::vector<Misfit> found = misfits(context);
  for (Misfit& misfit : found) {
    misfit.key = key + '.' + misfit.key;
    std::map<std::string, Value> cut;
    for (auto& [name, value] : misfit.cut) cut.emplace(key + '.' + name, std::move(value));
    misfit.cut = std::move(cut);
  }
  return found;
}

}  // namespace aviary
