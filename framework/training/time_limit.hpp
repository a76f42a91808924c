// Keeps a training within the time that it may take: it learns what steps, saves and scoring took, and says whether more of it
// still fits. Used by the trainer, on its thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>

namespace aviary::training {

class TimeLimit {
 public:
  using Clock = std::chrono::steady_clock;

  /// Without a deadline everything fits.
  explicit TimeLimit(std::optional<Clock::time_point> deadline, std::function<Clock::time_point()> now = Clock::now);

  void step_took(double seconds, std::int64_t pictures);
  void save_took(double seconds);
  void scoring_took(double seconds, std::int64_t pictures);

  /// Whether another step, or scoring so many pictures, and a save end before the deadline. Each counts as the slowest of late.
  /// A picture that was never scored counts as in training, which takes longer; what was never done at all, as nothing.
  bool allows_step() { return allows(step_); }
  bool allows_scoring(std::int64_t pictures) {
    return allows((picture_ > 0 ? picture_ : trained_picture_) * static_cast<double>(pictures));
  }

  /// Whether something did not fit.
  bool reached() const { return reached_; }

 private:
  bool allows(double seconds);

  std::optional<Clock::time_point> deadline_;
  std::function<Clock::time_point()> now_;
  // In seconds.
  double step_ = 0;
  double trained_picture_ = 0;
  double picture_ = 0;
  double save_ = 0;
  bool reached_ = false;
};

}  // namespace aviary::training
