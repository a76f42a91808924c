// Schedules one after the other. Each sees its own epochs from 0, and of the metric what was measured in them.
#include <aviary/scheduler.hpp>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

namespace {

using aviary::Misfit;

struct Params {
  std::vector<std::unique_ptr<aviary::Scheduler>> schedules;
  std::vector<std::int64_t> epochs;

  static void declare(aviary::ParamList<Params>& list) {
    list.component("schedules", &Params::schedules, "the schedules, in order").required();
    list.add("epochs", &Params::epochs, "how many each of them has; the last one's may be left out: it takes the rest")
        .at_least(0)
        .at_most(1'000'000)
        .epochs();
  }
};

class Chain final : public aviary::Scheduler {
 public:
  explicit Chain(Params params) : params_(std::move(params)) {}

  double learning_rate(double base, const aviary::Progress& progress) const override {
    std::int64_t first = 0;
    for (std::size_t i = 0;; first += params_.epochs[i++]) {
      const bool last = i + 1 == params_.schedules.size();
      const std::int64_t count = length(i, first, progress.epochs);
      if (last || progress.epoch < first + count)
        return params_.schedules[i]->learning_rate(base, progress.part(first, std::max<std::int64_t>(count, 1)));
    }
  }

  std::vector<Misfit> misfits(const aviary::SchedulerContext& context) const override {
    if (params_.schedules.empty()) return {{"schedules", "is empty; expected a table for each schedule, in order", {}}};
    if (params_.epochs.size() > params_.schedules.size() || params_.epochs.size() + 1 < params_.schedules.size())
      return {{"epochs",
               "has " + std::to_string(params_.epochs.size()) + " numbers for " + std::to_string(params_.schedules.size()) +
                   " schedules; expected one for each, or for all but the last",
               {}}};
    std::vector<Misfit> found = length_misfit(context.epochs);
    std::int64_t first = 0;
    for (std::size_t i = 0; i < params_.schedules.size(); ++i) {
      const std::int64_t count = length(i, first, context.epochs);
      if (count == 0) continue;  // none of it is left
      for (Misfit& misfit :
           params_.schedules[i]->misfits_below("schedules[" + std::to_string(i) + "]", {count, context.metric}))
        found.push_back(std::move(misfit));
      first += count;
    }
    return found;
  }

 private:
  // Of schedule i, which begins at epoch `first`: cut at the training's end.
  std::int64_t length(std::size_t i, std::int64_t first, std::int64_t epochs) const {
    const std::int64_t rest = epochs - first;
    return i < params_.epochs.size() ? std::min(params_.epochs[i], rest) : rest;
  }

  std::vector<Misfit> length_misfit(std::int64_t epochs) const {
    const std::int64_t sum = std::accumulate(params_.epochs.begin(), params_.epochs.end(), std::int64_t{0});
    const bool complete = params_.epochs.size() == params_.schedules.size();
    if (sum == epochs || (sum < epochs && !complete)) return {};
    Misfit misfit{
        "epochs", "adds up to " + std::to_string(sum) + "; the training has " + std::to_string(epochs) + " epochs", {}};
    if (sum < epochs) return {misfit};
    std::vector<std::int64_t> cut;
    std::int64_t first = 0;
    for (std::size_t i = 0; i < params_.epochs.size(); first += cut[i++]) cut.push_back(length(i, first, epochs));
    misfit.cut["epochs"] = std::move(cut);
    return {misfit};
  }

  Params params_;
};

}  // namespace

AVIARY_SCHEDULER("chain", Chain, Params, "Schedules one after the other, each with its epochs")
