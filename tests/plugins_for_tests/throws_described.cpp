#include <stdexcept>

#include "scheduler.hpp"

namespace {

struct Params {
  static void declare(aviary::ParamList<Params>&) { throw std::logic_error("no words"); }
};

struct Undescribed final : Nothing {
  explicit Undescribed(const Params&) {}
};

}  // namespace

AVIARY_SCHEDULER("throws_described", Undescribed, Params, "Throws while it is described")
