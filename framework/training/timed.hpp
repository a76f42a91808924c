// Measures what a part of the training takes. On the stack of the thread that does it.
#pragma once

#include <chrono>

namespace aviary::training {

/// Adds the seconds of its life to a sum, which must outlive it.
class Timed {
 public:
  explicit Timed(double& sum) : sum_(sum) {}
  Timed(const Timed&) = delete;
  Timed& operator=(const Timed&) = delete;
  ~Timed() { sum_ += std::chrono::duration<double>(Clock::now() - began_).count(); }

 private:
  using Clock = std::chrono::steady_clock;

  double& sum_;
  const Clock::time_point began_ = Clock::now();
};

/// That an action takes.
template <class Action>
double seconds_of(const Action& action) {
  double seconds = 0;
  {
    const Timed timed(seconds);
    action();
  }
  return seconds;
}

}  // namespace aviary::training
