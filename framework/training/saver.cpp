#include "training/saver.hpp"

#include <filesystem>
#include <set>
#include <system_error>
#include <utility>

#include <fmt/format.h>

namespace aviary::training {

void Saver::save(const std::string& name, const Experiment& experiment, Position position) {
  if (log_ == nullptr) return;
  finish();
  const results::LogLengths lengths = log_->lengths();
  position.events_bytes = lengths.events;
  position.metrics_bytes = lengths.metrics;
  const auto began = std::chrono::steady_clock::now();
  under_way_ = std::async(std::launch::async,
                          [this, name, began, snapshot = snapshot_of(experiment, position)] { write(name, snapshot, began); });
}

void Saver::finish() {
  if (under_way_.valid()) under_way_.get();
}

// A program that ends between any two of these leaves a run that goes on from `last` as if nothing had happened.
void Saver::write(const std::string& name, const Snapshot& snapshot, std::chrono::steady_clock::time_point began) {
  try {
    log_->sync();
    save_checkpoint(run_.checkpoints() / name, snapshot);
    if (snapshot.position.best) run_.link("best", results::epoch_name(*snapshot.position.best));
    run_.link("last", name);
    remove_others(name, snapshot.position);
    seconds_ = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  } catch (const Error& error) {
    throw Error(fmt::format("{}; once that is mended, the run goes on from its last checkpoint with: aviary resume {}",
                            error.what(), run_.path().string()),
                error.fault(), error.detail());
  }
}

// Also what a program that was killed left half made, and epochs that are to be trained anew. What others put there stays.
void Saver::remove_others(const std::string& name, const Position& position) const {
  std::set<std::string> kept = {name};
  if (position.best) kept.insert(results::epoch_name(*position.best));
  for (std::int64_t epoch = position.epoch; epoch > position.epoch - keep_; --epoch) kept.insert(results::epoch_name(epoch));
  std::error_code ignored;  // what cannot be removed is tried again after the next save
  for (const auto& entry : std::filesystem::directory_iterator(run_.checkpoints(), ignored)) {
    const std::string other = entry.path().filename().string();
    const bool epoch = other.starts_with("epoch-") && other.find_first_not_of("0123456789", 6) == std::string::npos;
    if ((epoch || other == "step" || other.starts_with('.')) && !kept.contains(other))
      std::filesystem::remove_all(entry.path(), ignored);
  }
}

}  // namespace aviary::training
