// This program again, as a child with a training of its own: what it leaves in memory, or a crash, is no other training's.
// Used by the commands that run many trainings, from any thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace aviary::search {

/// What all trainings of one command have in common.
struct Family {
  int jobs = 1;  ///< that run at a time
  bool quiet = false;
  std::string device = {};  ///< --device; empty: the command's default
  std::vector<std::string> plugin_path = {};
};

/// The arguments of a training that goes on.
std::vector<std::string> resume_arguments(const Family& family, const std::string& run);

/// The arguments of a new one: `words` and what the family adds, its share of the cores among them.
std::vector<std::string> new_run_arguments(const Family& family, std::vector<std::string> words, const std::string& run,
                                           const std::vector<std::string>& settings);

/// Calls `work` once for each number below `count`, `jobs` at a time, each from a thread of its own. Once `stop` is set, no
/// further one is begun. What it throws comes out here.
void for_each_job(std::size_t count, int jobs, const std::atomic<bool>& stop, const std::function<void(std::size_t)>& work);

/// Runs the program with these arguments to its end and returns its exit code, 128 + N where signal N ended it. Its messages go
/// where this program's go, its results nowhere. Once `stop` is set, it is asked to save and end. It ends
/// with the thread that calls, in whatever way that ends. Throws Error when it cannot be started.
int run_child(const std::vector<std::string>& arguments, const std::atomic<bool>& stop);

}  // namespace aviary::search
