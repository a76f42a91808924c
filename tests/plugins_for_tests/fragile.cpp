// A component of each kind that breaks in the second of epochs with five steps, where AVIARY_TEST_BREAKS names its kind: the
// model behind a batch norm, the optimizer after it has moved a weight.
#include <aviary/augmentation.hpp>
#include <aviary/elementwise_optimizer.hpp>
#include <aviary/model.hpp>
#include <aviary/nn/blocks.hpp>
#include <aviary/scheduler.hpp>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string_view>

namespace {

void break_if(std::string_view kind, bool now) {
  const char* const wish = std::getenv("AVIARY_TEST_BREAKS");
  if (now && wish != nullptr && kind == wish) throw std::runtime_error("a wire is loose");
}

struct FragileModel final : aviary::Model {
  FragileModel(aviary::NoParams, const aviary::ModelContext& context)
      : stage(aviary::nn::add<aviary::nn::ConvNormAct>(*this, "stage", context.channels, 8, aviary::nn::Window{.size = 3},
                                                       aviary::nn::Activation::relu)),
        head(aviary::nn::add<aviary::nn::ClassifierHead>(*this, "head", 8, context.classes, 0.0)) {}

  at::Tensor forward(const at::Tensor& images) override {
    const at::Tensor features = stage->forward(images);
    break_if("model", is_training() && ++trained == 8);
    return head->forward(features);
  }
  std::string classifier() const override { return "head.fc"; }

  std::shared_ptr<aviary::nn::ConvNormAct> stage;
  std::shared_ptr<aviary::nn::ClassifierHead> head;
  int trained = 0;
};

struct FragileOptimizer final : aviary::ElementwiseOptimizer {
  FragileOptimizer(aviary::NoParams, const aviary::OptimizerContext& context) : ElementwiseOptimizer(0.05, 0, context, {}) {}

  void update(const Update& to) override {
    for (std::size_t i = 0; i < to.weight.size(); ++i) {
      break_if("optimizer", to.step == 8 && i == 1);
      aviary::elementwise([rate = to.learning_rate]<class T>(T g, T& w) { w -= T(rate) * g; }, to.gradient[i], to.weight[i]);
    }
  }
};

struct FragileScheduler final : aviary::Scheduler {
  explicit FragileScheduler(aviary::NoParams) {}
  double learning_rate(double base, const aviary::Progress& progress) const override {
    break_if("scheduler", progress.epoch == 1 && progress.step == 2);
    return base;
  }
};

// 36 pictures in an epoch.
struct FragileAugmentation final : aviary::Augmentation {
  explicit FragileAugmentation(aviary::NoParams) {}
  aviary::Action draw(cv::Size, aviary::Rng&) const override {
    break_if("augmentation", ++drawn == 36 + 20);
    return {};
  }

  mutable std::atomic<int> drawn = 0;
};

}  // namespace

AVIARY_MODEL("fragile", FragileModel, aviary::NoParams, "Breaks")
AVIARY_OPTIMIZER("fragile", FragileOptimizer, aviary::NoParams, "Breaks")
AVIARY_SCHEDULER("fragile", FragileScheduler, aviary::NoParams, "Breaks")
AVIARY_AUGMENTATION("fragile", FragileAugmentation, aviary::NoParams, "Breaks")
