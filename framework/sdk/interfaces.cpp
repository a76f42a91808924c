// The destructors of the interfaces stand here, so that their type information exists once, in libaviary.
#include <cmath>

#include <fmt/format.h>

#include <aviary/augmentation.hpp>
#include <aviary/error.hpp>
#include <aviary/model.hpp>
#include <aviary/optimizer.hpp>
#include <aviary/scheduler.hpp>

namespace aviary {

Model::~Model() = default;
Optimizer::~Optimizer() = default;
Scheduler::~Scheduler() = default;
Augmentation::~Augmentation() = default;

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

}  // namespace aviary
