// A scheduler that does nothing in particular, for plugins that misbehave.
#pragma once

#include <aviary/scheduler.hpp>

namespace {

struct Nothing : aviary::Scheduler {
  explicit Nothing(aviary::NoParams = {}) {}
  double learning_rate(double base, const aviary::Progress&) const override { return base; }
};

}  // namespace
