// This program again, as a child with a training of its own: what it leaves in memory, or a crash, is no other training's.
// Used by the commands that run many trainings, from any thread.
#pragma once

#include <atomic>
#include <string>
#include <vector>

namespace aviary::search {

/// Runs the program with these arguments to its end and returns its exit code, 128 + N where signal N ended it. Its messages go
/// where this program's go, its results nowhere. Once `stop` is set, it is asked to save and end. Throws Error when it cannot
/// be started.
int run_child(const std::vector<std::string>& arguments, const std::atomic<bool>& stop);

}  // namespace aviary::search
