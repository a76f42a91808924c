// An augmentation as a struct of its settings: most are nothing more.
//
//   struct Rotate {
//     std::vector<double> limit = {-90, 90};
//     double probability = 0.5;
//
//     static void declare(aviary::ParamList<Rotate>& list) {
//       list.add("limit", &Rotate::limit, "degrees, anticlockwise").limits();
//       aviary::add_probability(list);
//     }
//     aviary::Action action(cv::Size size, aviary::Rng& rng) const { ... }
//   };
//   AVIARY_TRANSFORM("rotate", Rotate, "Turn the picture about its centre")
//
// Beside action() it may have
//   void fit(const aviary::AugmentationContext&)   called once, before anything is drawn: for defaults, and errors in them
//   void check(cv::Size) const                     called for every picture, whatever is drawn; throws aviary::Error
#pragma once

#include <utility>
#include <vector>

#include <aviary/augmentation.hpp>

namespace aviary {

template <class Settings>
class Transform final : public Augmentation {
 public:
  Transform(Settings settings, const AugmentationContext& context) : settings_(std::move(settings)) {
    if constexpr (requires { settings_.fit(context); }) settings_.fit(context);
  }

  Action draw(cv::Size size, Rng& rng) const override {
    if constexpr (requires { settings_.check(size); }) settings_.check(size);
    if (!rng.chance(settings_.probability)) return {};
    return settings_.action(size, rng);
  }

 private:
  Settings settings_;
};

template <class Settings>
void add_probability(ParamList<Settings>& list) {
  list.add("probability", &Settings::probability, "how often").at_least(0).at_most(1);
}

/// Uniform between the two ends of a setting with limits().
inline double draw_within(const std::vector<double>& limits, Rng& rng) { return rng.uniform(limits[0], limits[1]); }

}  // namespace aviary

#define AVIARY_TRANSFORM(name, Settings, summary) AVIARY_AUGMENTATION(name, ::aviary::Transform<Settings>, Settings, summary)
