// The destructors of the interfaces stand here, so that their type information exists once, in libaviary.
#include <cmath>

#include <aviary/augmentation.hpp>
#include <aviary/model.hpp>
#include <aviary/optimizer.hpp>
#include <aviary/scheduler.hpp>

namespace aviary {

Model::~Model() = default;
Optimizer::~Optimizer() = default;
Scheduler::~Scheduler() = default;
Augmentation::~Augmentation() = default;

bool Progress::past(double fraction) const {
  // A product that is whole on paper may come out a little larger; an epoch is never cut that finely.
  constexpr double rounding = 1e-9;
  return static_cast<double>(epoch) >= std::ceil(fraction * static_cast<double>(epochs) - rounding);
}

}  // namespace aviary
