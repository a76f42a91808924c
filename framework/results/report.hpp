// report.html of a run folder: one page that shows what the run is and how it goes, written anew after every epoch. It listens
// to the trainer, after the event log, whose file it reads the curves from: so a run that was resumed shows all of its epochs.
// Called from the training's thread; what goes wrong here is told at the end, and ends no training.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "data/dataset.hpp"
#include "recipe/recipe.hpp"
#include "results/contact_sheet.hpp"
#include "results/events.hpp"
#include "results/run_folder.hpp"
#include "results/scoring.hpp"

namespace aviary {
class Model;
}

namespace aviary::results {

/// What is trained. References must outlive the report.
struct ReportSubject {
  const recipe::Recipe& recipe;
  const data::Dataset& dataset;
  Model& model;
  std::function<std::vector<std::vector<Tile>>()> samples;  ///< training pictures, each as it is and augmented; called once
};

class Report final : public Listener {
 public:
  /// `complain` is told at the end what kept the report from being written.
  Report(RunFolder run, ReportSubject subject, std::function<void(const std::string&)> complain)
      : run_(std::move(run)), subject_(std::move(subject)), complain_(std::move(complain)) {}

  void validated(const Validated& event) override;
  void epoch_done(const EpochDone& event) override;
  void ended(const RunEnded& event) override;

 private:
  void write();
  nlohmann::ordered_json evaluation();
  const nlohmann::ordered_json& lasting();

  RunFolder run_;
  ReportSubject subject_;
  std::function<void(const std::string&)> complain_;
  std::string failure_;                            // why the last page was not written
  std::int64_t epochs_ = 0;                        // completed, when the last one was in this process
  std::optional<Evaluation> evaluation_;           // of the last epoch, by the weights that the recipe's metric looks at
  std::map<std::size_t, std::string> thumbnails_;  // that the last page has
  nlohmann::ordered_json lasting_;                 // what stays the same from epoch to epoch
};

}  // namespace aviary::results
