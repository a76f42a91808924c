// What `aviary train --profile` shows.
#pragma once

#include "commands/command.hpp"
#include "training/profile.hpp"

namespace aviary::commands {

void print_profile(const training::Profile& profile, const recipe::Recipe& recipe, const Global& global);

}  // namespace aviary::commands
