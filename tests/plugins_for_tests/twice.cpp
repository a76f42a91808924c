// Two components of one name in one library.
#include "scheduler.hpp"

AVIARY_SCHEDULER("twice", Nothing, aviary::NoParams, "First")
AVIARY_SCHEDULER("twice", Nothing, aviary::NoParams, "Second")
