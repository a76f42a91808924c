// The live board: a page that shows runs while they train, from what their folders hold. It only reads, and answers nobody who
// was led here by another site. Used by the command board, on its thread.
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <string>

namespace aviary::board {

struct Service {
  std::filesystem::path folder;
  std::string address = "127.0.0.1";
  int port = 8400;  ///< 0: any that is free
};

/// Serves until `stop` is set; `begun` hears where, "http://127.0.0.1:8400/". Throws Error where the program was built without
/// its pages, the folder is none, or the port cannot be had.
///
///   /                    the page, which fetches the rest
///   /api/runs            {"runs": [...]}, each as to_json() in runs.hpp has it
///   /api/curves?run=     as results/curves.hpp has it
///   /api/diff?a=&b=      {"changes": [{"key", "before", "after"}]}
///   /api/events          server-sent events `runs`: {"runs": [names of those that have changed]}
///   /report?run=         the run's report.html
///
/// Runs are looked up by their names among those below the folder; no path is made of what is asked for.
void serve(const Service& service, const std::atomic<bool>& stop, const std::function<void(const std::string&)>& begun);

}  // namespace aviary::board
