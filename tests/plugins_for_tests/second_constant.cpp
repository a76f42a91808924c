// Takes the name of an installed plugin.
#include "scheduler.hpp"

AVIARY_SCHEDULER("constant", Nothing, aviary::NoParams, "Another of that name")
