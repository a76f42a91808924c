// The kinds of components that a plugin can offer.
#pragma once

#include <string_view>

namespace aviary {

enum class Kind { model, optimizer, scheduler, augmentation, sink, augmenter, decoder };

constexpr std::string_view to_string(Kind kind) {
  constexpr std::string_view names[] = {"model", "optimizer", "scheduler", "augmentation", "sink", "augmenter", "decoder"};
  return names[static_cast<int>(kind)];
}

}  // namespace aviary
