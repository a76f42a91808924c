// A sweep in parts: workers that see neither each other nor a common folder each train a share of its trials, in a folder like
// that of a whole sweep; later the folders are made into one. Used from the main thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "recipe/document.hpp"
#include "search/trials.hpp"

namespace aviary::search {

/// Deals a sweep's trials out in turn and leaves `worker`, 0 to `workers` - 1, its own: the others are "elsewhere" then. Trials
/// that have a beginning in common stay together. More trials, behind these, change nothing. Returns how many workers could
/// have something to train.
std::int64_t deal(std::vector<Trial>& trials, std::int64_t worker, std::int64_t workers);

/// A trial as the part has it in which it came furthest.
struct Gathered {
  Trial trial;
  std::filesystem::path part;
};

/// Those of `folders`, and of the folders directly in them, that hold a sweep's trials. Throws Error (Fault::usage) for one
/// without any.
std::vector<std::filesystem::path> find_parts(const std::vector<std::string>& folders);

/// Every trial that the parts know of, in the order of their ids. `written`: what the sweep says, as for Trials. Throws Error
/// where the parts are not of that sweep, or two have different results of a trial.
std::vector<Gathered> gather(const std::vector<std::filesystem::path>& parts, const std::vector<recipe::Entry>& written);

/// Copies the folder of a run; it appears whole, in place of what is there. Throws Error.
void copy_run(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace aviary::search
