#include "training/continuation.hpp"

#include <fmt/format.h>

#include <aviary/error.hpp>

namespace aviary::training {
namespace {

// What the batches of an epoch are made of.
bool changes_batches(const std::string& key) {
  return (key.starts_with("data.") && key != "data.path" && key != "data.cache") || key == "gradient.accumulate" ||
         key == "training.seed" || key.starts_with("curriculum");
}

}  // namespace

void accept_changes(const std::vector<recipe::Change>& changes, Position& position) {
  for (const recipe::Change& change : changes) {
    if (change.key == "training.metric" && !position.history.empty())
      throw Error(fmt::format("training.metric cannot change from {} to {} within a training: the scores of {} epochs are its "
                              "history; start another one from its weights: aviary train RECIPE --weights RUN",
                              change.before, change.after, position.history.size()),
                  Fault::usage);
    if (position.batch > 0 && changes_batches(change.key))
      throw Error(fmt::format("{} cannot change within an epoch, and {} batches of epoch {} are done; change it at an epoch's "
                              "end: aviary fork RUN --at epoch-{}",
                              change.key, position.batch, position.epoch + 1, position.epoch),
                  Fault::usage);
    if (change.key == "early_stopping.metric") position.watched.clear();
  }
}

}  // namespace aviary::training
