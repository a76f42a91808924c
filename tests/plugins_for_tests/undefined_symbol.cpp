// Linked without -z defs: the missing function shows when the library is loaded.
#include "scheduler.hpp"

double nowhere_to_be_found(double base);

namespace {

struct Undefined final : Nothing {
  explicit Undefined(aviary::NoParams) {}
  double learning_rate(double base, const aviary::Progress&) const override { return nowhere_to_be_found(base); }
};

}  // namespace

AVIARY_SCHEDULER("undefined_symbol", Undefined, aviary::NoParams, "Calls a function that nobody has")
