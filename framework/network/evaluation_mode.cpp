#include "network/evaluation_mode.hpp"

#include <fmt/format.h>

#include <aviary/error.hpp>

namespace aviary::network {

EvaluationMode::EvaluationMode(Model& model) : model_(model), training_(model.is_training()) {
  model.eval();
  for (const auto& item : model.named_modules("", false))
    if (item.value()->is_training()) throw Error(fmt::format("layer {} stays in training mode after eval()", item.key()));
}

}  // namespace aviary::network
