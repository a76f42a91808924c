// PyTorch's CosineAnnealingLR (Loshchilov and Hutter, arXiv 1608.03983, without restarts), over the whole training where T_max
// is not given.
#include <aviary/scheduler.hpp>

#include <cmath>
#include <cstdint>
#include <numbers>
#include <optional>
#include <string>
#include <utility>

namespace {

struct Params {
  std::optional<std::int64_t> T_max;
  double eta_min = 0;
  std::string per = "epoch";

  static void declare(aviary::ParamList<Params>& list) {
    list.add("T_max", &Params::T_max, "epochs until the rate is at its lowest (default: all); it rises again after them")
        .at_least(1)
        .epochs();
    list.add("eta_min", &Params::eta_min, "the lowest rate").at_least(0);
    list.add("per", &Params::per, "when the rate moves").one_of({"epoch", "step"});
  }
};

class Cosine final : public aviary::Scheduler {
 public:
  explicit Cosine(Params params) : params_(std::move(params)) {}

  double learning_rate(double base, const aviary::Progress& progress) const override {
    const double way = progress.elapsed(params_.per) / static_cast<double>(params_.T_max.value_or(progress.epochs));
    return params_.eta_min + (base - params_.eta_min) * (1 + std::cos(std::numbers::pi * way)) / 2;
  }

 private:
  Params params_;
};

}  // namespace

AVIARY_SCHEDULER("cosine", Cosine, Params, "Let the learning rate fall along half a cosine")
