// Groups: albumentations' OneOf and SomeOf. They nest. What is chosen is folded with its neighbours as if it stood alone.
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <aviary/augmentation.hpp>
#include <aviary/error.hpp>

namespace {

using aviary::Augmentation;

struct OneOfSettings {
  std::vector<std::unique_ptr<Augmentation>> augments;
  std::vector<double> weights;
  double probability = 0.5;

  static void declare(aviary::ParamList<OneOfSettings>& list) {
    list.component("augments", &OneOfSettings::augments, "the augmentations to choose from").required();
    list.add("weights", &OneOfSettings::weights, "how often each is chosen, in proportion (default: all alike)").at_least(0);
    list.add("probability", &OneOfSettings::probability, "how often").at_least(0).at_most(1);
  }
};

class OneOf final : public Augmentation {
 public:
  explicit OneOf(OneOfSettings settings) : settings_(std::move(settings)) {
    if (settings_.augments.empty()) throw aviary::Error("augments is empty; expected a table for each", aviary::Fault::usage);
    if (settings_.weights.empty()) settings_.weights.assign(settings_.augments.size(), 1);
    if (settings_.weights.size() != settings_.augments.size())
      throw aviary::Error("weights has " + std::to_string(settings_.weights.size()) + " numbers for " +
                              std::to_string(settings_.augments.size()) + " augmentations; expected one for each",
                          aviary::Fault::usage);
    for (const double weight : settings_.weights) total_ += weight;
    if (total_ == 0) throw aviary::Error("weights are all 0; expected one above 0", aviary::Fault::usage);
  }

  aviary::Action draw(cv::Size, aviary::Rng& rng) const override {
    if (!rng.chance(settings_.probability)) return {};
    double left = rng.uniform(0, total_);
    std::size_t chosen = 0;
    for (std::size_t i = 0; i < settings_.weights.size(); ++i) {
      if (settings_.weights[i] == 0) continue;
      chosen = i;
      left -= settings_.weights[i];
      if (left < 0) break;
    }
    return aviary::Then{{settings_.augments[chosen].get()}};
  }

 private:
  OneOfSettings settings_;
  double total_ = 0;
};

struct SomeOfSettings {
  std::vector<std::unique_ptr<Augmentation>> augments;
  std::int64_t n = 1;
  double probability = 1;

  static void declare(aviary::ParamList<SomeOfSettings>& list) {
    list.component("augments", &SomeOfSettings::augments, "the augmentations to choose from").required();
    list.add("n", &SomeOfSettings::n, "how many different ones are applied, in their order").at_least(1);
    list.add("probability", &SomeOfSettings::probability, "how often").at_least(0).at_most(1);
  }
};

class SomeOf final : public Augmentation {
 public:
  explicit SomeOf(SomeOfSettings settings) : settings_(std::move(settings)) {
    if (settings_.augments.empty()) throw aviary::Error("augments is empty; expected a table for each", aviary::Fault::usage);
    if (settings_.n > std::ssize(settings_.augments))
      throw aviary::Error("n is " + std::to_string(settings_.n) + ", but there are only " +
                              std::to_string(settings_.augments.size()) + " augmentations",
                          aviary::Fault::usage);
  }

  aviary::Action draw(cv::Size, aviary::Rng& rng) const override {
    if (!rng.chance(settings_.probability)) return {};
    aviary::Then then;
    std::int64_t wanted = settings_.n;
    const std::int64_t count = std::ssize(settings_.augments);
    for (std::int64_t i = 0; i < count; ++i) {
      if (rng.integer(0, count - i - 1) >= wanted) continue;  // each subset is as likely as any other
      then.augmentations.push_back(settings_.augments[static_cast<std::size_t>(i)].get());
      --wanted;
    }
    return then;
  }

 private:
  SomeOfSettings settings_;
};

}  // namespace

AVIARY_AUGMENTATION("one_of", OneOf, OneOfSettings, "One of several augmentations")
AVIARY_AUGMENTATION("some_of", SomeOf, SomeOfSettings, "Several of a list of augmentations")
