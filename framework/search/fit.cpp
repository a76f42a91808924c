#include "search/fit.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/csrc/jit/api/module.h>

#include <aviary/error.hpp>
#include <aviary/model.hpp>

#include "network/layers.hpp"
#include "network/trace.hpp"
#include "recipe/variation.hpp"
#include "search/grid.hpp"
#include "training/learner.hpp"

namespace aviary::search {
namespace {

// Rounding to whole channels can make a wider model a little smaller. So as many points beyond the largest that fits are looked
// at, while they exceed the limit by no more than this share.
constexpr int points_beyond = 3;
constexpr double share_beyond = 0.05;

class Search {
 public:
  Search(const recipe::Recipe& recipe, std::int64_t outputs, const FitOptions& options)
      : recipe_(recipe), outputs_(outputs), options_(options), grid_(recipe.model, options.vary, options.step) {}

  Fit run() {
    bracket();
    while (over_ - fits_ > 1) {
      const std::int64_t middle = fits_ + (over_ - fits_) / 2;
      const auto point = usable(middle, over_);
      if (point && fits(*point))
        fits_ = *point;
      else
        over_ = middle;
    }
    const auto next = look_beyond();
    if (!next && fits_ > start_ && count(fits_) <= count(start_)) refuse_idle();
    return {candidate(fits_), next ? std::optional(candidate(*next)) : std::nullopt};
  }

 private:
  std::shared_ptr<Model> make(std::int64_t point) {
    recipe_.model = grid_.at(point);
    return training::make_model(recipe_, outputs_);
  }

  // None when the model refuses the values.
  std::optional<std::int64_t> measure(std::int64_t point) {
    const auto known = counts_.find(point);
    if (known != counts_.end()) return known->second;
    auto& count = counts_[point];
    if (!recipe::acceptable(grid_.at(point))) return count;
    try {
      count = training::count_parameters(*make(point));
    } catch (const Error& error) {
      if (error.fault() != Fault::usage) throw;
    }
    return count;
  }

  std::int64_t count(std::int64_t point) { return *measure(point); }
  bool fits(std::int64_t point) { return count(point) <= options_.parameters; }

  // The first point from `from` on, before `end`, that the model accepts.
  std::optional<std::int64_t> usable(std::int64_t from, std::int64_t end) {
    for (std::int64_t point = from; point < end; ++point)
      if (measure(point)) return point;
    return std::nullopt;
  }
  // As far as rules leave gaps.
  static std::int64_t horizon(std::int64_t point) { return 2 * point + 100; }

  // Where the limit should be, if the count is a power of the point as between the last two.
  std::int64_t guess(std::int64_t point, std::int64_t before) {
    const auto ratio = [](std::int64_t a, std::int64_t b) { return std::log(static_cast<double>(a) / static_cast<double>(b)); };
    if (point == 0) return 0;
    double power = 2;
    if (before > 0 && before != point) power = std::clamp(ratio(count(point), count(before)) / ratio(point, before), 0.1, 4.0);
    const double where = static_cast<double>(point) * std::exp(ratio(options_.parameters, count(point)) / power);
    return static_cast<std::int64_t>(std::min(where, 1e15));
  }

  // Finds a point that fits and a larger one that does not, or at which the settings' ranges end.
  void bracket() {
    const auto start = usable(grid_.start(), horizon(grid_.start()));
    if (!start) refuse_step();
    start_ = *start;
    if (fits(start_))
      rise();
    else
      fall();
  }

  void rise() {
    std::int64_t before = 0;
    for (fits_ = start_; over_ < 0;) {
      const std::int64_t target = std::clamp(guess(fits_, before) + 1, fits_ + 1, 2 * fits_ + 1);
      const auto point = usable(target, horizon(target));
      if (!point || !fits(*point)) {
        over_ = target;
      } else {
        before = std::exchange(fits_, *point);
        if (fits_ > horizon(start_) && count(fits_) <= count(start_)) refuse_idle();
      }
    }
  }

  void fall() {
    std::int64_t before = 0;
    std::int64_t last = start_;
    for (over_ = start_; fits_ < 0;) {
      if (over_ == 0) refuse_all(last);
      const std::int64_t target = std::clamp(guess(last, before), over_ / 4, over_ - 1);
      const auto point = usable(target, over_);
      if (point && fits(*point)) {
        fits_ = *point;
      } else {
        over_ = target;
        if (point) before = std::exchange(last, *point);
      }
    }
  }

  // Moves on to a larger point that fits after all; returns the first one that does not.
  std::optional<std::int64_t> look_beyond() {
    std::optional<std::int64_t> next;
    std::int64_t from = fits_ + 1;
    for (int looked = 0; looked < points_beyond;) {
      const auto point = usable(from, horizon(from));
      if (!point) break;
      from = *point + 1;
      if (fits(*point)) {
        fits_ = *point;
        next.reset();
        looked = 0;
      } else {
        if (!next) next = point;
        if (static_cast<double>(count(*point)) > (1 + share_beyond) * static_cast<double>(options_.parameters)) break;
        ++looked;
      }
    }
    return next;
  }

  Candidate candidate(std::int64_t point) {
    const auto model = make(point);
    const std::int64_t side = recipe_.data.image_size;
    Candidate candidate{{}, grid_.factor(point), count(point), 0};
    for (const std::string& name : options_.vary) candidate.values[name] = recipe_.model.values.at(name.substr(6));
    candidate.multiply_adds = plugins::guarded(recipe_.model.callee, [&] {
      return network::read_layers(network::trace(*model, {3, side, side})).multiply_adds;
    });
    return candidate;
  }

  std::string values_at(std::int64_t point) {
    std::vector<std::string> texts;
    const recipe::ComponentRecipe model = grid_.at(point);
    for (const std::string& name : options_.vary)
      texts.push_back(fmt::format("{} = {}", name, to_toml(model.values.at(name.substr(6)))));
    return fmt::format("{}", fmt::join(texts, ", "));
  }

  [[noreturn]] void refuse_all(std::int64_t smallest) {
    throw Error(fmt::format("nothing fits: with {} the model still has {} parameters, {} more than {}", values_at(smallest),
                            count(smallest), count(smallest) - options_.parameters, options_.parameters));
  }
  [[noreturn]] void refuse_idle() {
    throw Error(fmt::format("nothing to fit: the model has {} parameters with {} and no more with {}", count(start_),
                            values_at(start_), values_at(fits_)),
                Fault::usage);
  }
  [[noreturn]] void refuse_step() {
    throw Error(fmt::format("{} accepts nothing in these steps, beginning with {}; choose another --step", recipe_.model.type,
                            values_at(grid_.start())),
                Fault::usage);
  }

  recipe::Recipe recipe_;
  std::int64_t outputs_;
  const FitOptions& options_;
  Grid grid_;
  std::map<std::int64_t, std::optional<std::int64_t>> counts_;
  std::int64_t start_ = 0;
  std::int64_t fits_ = -1;  ///< the largest point known to fit
  std::int64_t over_ = -1;  ///< the smallest one known not to, or not to be accepted
};

}  // namespace

Fit fit(const recipe::Recipe& recipe, std::int64_t outputs, const FitOptions& options) {
  return Search(recipe, outputs, options).run();
}

}  // namespace aviary::search
