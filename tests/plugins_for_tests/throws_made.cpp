// Throws, while it is made, what its setting says.
#include <stdexcept>
#include <string>

#include <c10/util/Exception.h>

#include <aviary/error.hpp>

#include "scheduler.hpp"

namespace {

struct Params {
  std::string what = "error";

  static void declare(aviary::ParamList<Params>& list) {
    list.add("what", &Params::what, "which exception").one_of({"error", "out_of_range", "c10", "int"});
  }
};

struct Unmade final : Nothing {
  explicit Unmade(const Params& params) {
    if (params.what == "error") throw aviary::Error("gamma is 3; expected below 1", aviary::Fault::usage);
    if (params.what == "out_of_range") throw std::out_of_range("index 7\nsecond line");
    if (params.what == "c10") TORCH_CHECK(false, "shapes differ");
    throw 3;
  }
};

}  // namespace

AVIARY_SCHEDULER("throws_made", Unmade, Params, "Throws while it is made")
