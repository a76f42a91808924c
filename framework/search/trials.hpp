// The trials of a sweep, in one SQLite file that several processes share: each takes the next trial in a transaction, and gives
// back what came of it. A process that is killed loses the trials it had; the others take them up. Any thread may call.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "recipe/document.hpp"
#include "weights/descriptor.hpp"

namespace SQLite {
class Database;
}

namespace aviary::search {

struct Trial {
  std::int64_t id = 0;                     ///< from 1 on
  std::int64_t point = 0;                  ///< of the sweep
  std::int64_t seed = 0;                   ///< training.seed
  bool beginning = false;                  ///< trained for others, which go on from it
  std::optional<std::int64_t> after = {};  ///< the trial that it goes on from
  std::optional<std::int64_t> end = {};    ///< it pauses once so many epochs are complete; none: it is trained to its end
  std::string state = "waiting";           ///< waiting, running, paused, done, failed, skipped, elsewhere
  std::string note = {};                   ///< why it failed or was skipped, or who else trains it
  std::optional<double> score = {};        ///< its best, at its last pause or its end
};

/// Asynchronous successive halving (Li et al. 2020, arXiv:1810.05934, algorithm 2): of the trials that paused at an epoch, the
/// best one in `reduction` goes on to the next, as soon as there are enough to compare. Where all have paused and none was
/// trained to its end, the best of those that are furthest is.
struct Halving {
  std::int64_t reduction = 3;
  std::vector<std::int64_t> pauses;  ///< the epochs, in order; what goes on from the last is trained to its end
  bool smaller_is_better = false;
};

class Trials {
 public:
  /// Opens the file in `folder`, or makes it. `written`: what the sweep says, by key; another sweep's file is refused with a
  /// RecipeError at what changed. Trials that the file lacks are added, and those that failed are to be tried again. Throws
  /// Error.
  Trials(const std::filesystem::path& folder, const std::vector<recipe::Entry>& written, const std::vector<Trial>& trials,
         std::optional<Halving> halving);
  ~Trials();

  /// Takes the next trial that can be run now; none when there is none, or others must end first.
  std::optional<Trial> claim();
  /// Takes this trial, where it waits.
  std::optional<Trial> claim(std::int64_t id);
  /// Whether a trial is running, here or in another process, that more may follow from.
  bool others_run();

  /// It came to its pause, or to its end. `finished`: also where that was earlier than planned.
  void record(const Trial& trial, const std::optional<double>& score, bool finished);
  void fail(const Trial& trial, const std::string& note);
  /// Gives it back as it was.
  void release(const Trial& trial);

  /// In the order of their ids.
  std::vector<Trial> all();

 private:
  template <class Work>
  auto guarded(const Work& work);
  void register_worker();
  bool alive(std::int64_t worker) const;
  void free_the_dead();
  std::optional<Trial> promoted();
  std::optional<Trial> best_of_all();
  std::optional<Trial> paused(std::int64_t id, std::int64_t pause, const std::optional<std::int64_t>& next);
  std::vector<std::int64_t> ranked(std::int64_t pause);

  std::filesystem::path file_;
  std::unique_ptr<SQLite::Database> database_;
  std::optional<Halving> halving_;
  weights::Descriptor lock_;
  std::int64_t worker_ = 0;
  std::mutex mutex_;
};

/// The trials of a sweep's folder as they stand, in the order of their ids; nothing is changed. `written` as for Trials,
/// without which worker's part it is. Throws Error.
std::vector<Trial> read_trials(const std::filesystem::path& folder, const std::vector<recipe::Entry>& written);

}  // namespace aviary::search
