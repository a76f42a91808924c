// Solarize: values from the threshold up are inverted, as in over-exposed film. A threshold of 0 inverts the whole picture.
#include <aviary/augmentation.hpp>

#include <cstddef>
#include <cstdint>

namespace {

struct Params {
  std::int64_t threshold = 128;
  double probability = 0.5;

  static void declare(aviary::ParamList<Params>& list) {
    list.add("threshold", &Params::threshold, "smallest value that is inverted").at_least(0).at_most(255).usual("128");
    list.add("probability", &Params::probability, "how often").at_least(0).at_most(1);
  }
};

class @Name@ final : public aviary::Augmentation {
 public:
  explicit @Name@(const Params& params) : params_(params) {
    for (auto& channel : table_.values)
      for (std::size_t value = 0; value < channel.size(); ++value)
        channel[value] = static_cast<std::uint8_t>(static_cast<std::int64_t>(value) < params.threshold ? value : 255 - value);
  }

  // Called from many threads at once: it only reads its members.
  aviary::Action draw(cv::Size, aviary::Rng& rng) const override {
    if (!rng.chance(params_.probability)) return {};
    return table_;
  }

 private:
  Params params_;
  aviary::Table table_;
};

}  // namespace

AVIARY_AUGMENTATION("@name@", @Name@, Params, "Invert the bright values")
