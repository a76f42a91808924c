// Passes what the trainer tells on to the recipe's event sinks. The command that trains makes one; it is called from the
// training's thread, and waits for no sink before the training has ended.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "recipe/recipe.hpp"
#include "results/events.hpp"
#include "results/run_folder.hpp"
#include "results/sink_thread.hpp"

namespace aviary::results {

class EventFeed final : public Listener {
 public:
  /// Makes the sinks; throws Error where one refuses its settings. `tell` gets a sentence when a sink has failed for the first
  /// time, while the training goes on.
  EventFeed(const recipe::Recipe& recipe, const RunFolder& run, std::function<void(const std::string&)> tell);

  void started(const RunStarted& event) override;
  void epoch_done(const EpochDone& event) override;
  void notice(const Notice& event) override;
  void ended(const RunEnded& event) override;

  /// In place of ended(): the training was given up with this sentence.
  void failed(const std::string& text);

  /// After ended() or failed(): waits a few seconds at most until the sinks have taken what is left. Gives sentences on what
  /// was lost.
  std::vector<std::string> finish();

 private:
  std::string line(nlohmann::ordered_json event) const;
  void give(const nlohmann::ordered_json& event);
  void give_last(const nlohmann::ordered_json& event);

  std::string run_;
  std::string recipe_;
  std::function<void(const std::string&)> tell_;
  std::vector<SinkThread> sinks_;
};

}  // namespace aviary::results
