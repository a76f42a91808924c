#include "training/time_limit.hpp"

#include <algorithm>
#include <utility>

namespace aviary::training {
namespace {

// What was slow once is forgotten by and by: a machine that slept for a while should not make the training end early.
void note(double seconds, double& slowest) { slowest = std::max(seconds, 0.9 * slowest); }

double per(double seconds, std::int64_t pictures) { return seconds / static_cast<double>(std::max<std::int64_t>(pictures, 1)); }

}  // namespace

TimeLimit::TimeLimit(std::optional<Clock::time_point> deadline, std::function<Clock::time_point()> now)
    : deadline_(deadline), now_(std::move(now)) {}

void TimeLimit::step_took(double seconds, std::int64_t pictures) {
  note(seconds, step_);
  note(per(seconds, pictures), trained_picture_);
}

void TimeLimit::save_took(double seconds) { note(seconds, save_); }

void TimeLimit::scoring_took(double seconds, std::int64_t pictures) { note(per(seconds, pictures), picture_); }

bool TimeLimit::allows(double seconds) {
  if (deadline_ && now_() + std::chrono::duration<double>(seconds + save_) > *deadline_) reached_ = true;
  return !reached_;
}

}  // namespace aviary::training
