// Sharpness-aware minimisation (Foret et al., 2020, arXiv 2010.01412): the gradient of a step is taken where the loss is
// highest within rho of the weights, to first order. adaptive: rho in units of each weight, ASAM (Kwon et al., 2021, arXiv
// 2102.11600), which wants a rho about ten times larger. With the norm over all parameters:
//   g = gradient at w;  e = adaptive ? rho * w^2 * g / |w * g| : rho * g / |g|;  the base's step at w, with the gradient at w +
//   e
//
// A step takes two passes, and so twice the time. every = 5 looks around in each fifth step only (SAM-5 in Liu et al., 2022,
// arXiv 2203.02714, which keeps a part of the gain); start = 0.75 leaves the first three quarters of the training to the base
// (SAM in the last epochs alone finds minima nearly as good: Andriushchenko and Flammarion, 2022, arXiv 2206.06232; Zhou et
// al., 2024, arXiv 2410.10373).
#include <aviary/optimizer.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <utility>
#include <vector>

#include <ATen/ops/empty.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <c10/core/GradMode.h>

#include <aviary/elementwise.hpp>

namespace {

struct Params {
  std::unique_ptr<aviary::Optimizer> base;
  double rho = 0.05;
  bool adaptive = false;
  std::int64_t every = 1;
  double start = 0;

  static void declare(aviary::ParamList<Params>& list) {
    list.component("base", &Params::base, "the optimizer that takes the steps").not_of("sam").required();
    list.add("rho", &Params::rho, "how far around the weights to look").at_least(0).usual("0.05");
    list.add("adaptive", &Params::adaptive, "look farther along weights that are larger; a rho of 0.5 to 2 is usual then");
    list.add("every", &Params::every, "look around in every n-th step only").at_least(1);
    list.add("start", &Params::start, "share of the training that the base takes alone, before").at_least(0).below(1);
  }
};

class Sam final : public aviary::Optimizer {
 public:
  Sam(Params params, const aviary::OptimizerContext& context)
      : params_(std::move(params)),
        parameters_(context.parameters),
        // Just below a whole number is that number: 0.55 times 100 is a little more than 55.
        first_(static_cast<std::int64_t>(std::ceil(params_.start * static_cast<double>(context.steps) - 1e-6))),
        steps_(at::zeros({}, at::kLong)) {
    const c10::AutoGradMode no_gradients(false);
    for (const aviary::Parameter& parameter : parameters_) before_.push_back(at::zeros_like(parameter.tensor));
    if (!parameters_.empty()) norms_ = at::empty({std::ssize(parameters_)}, parameters_.front().tensor.options());
  }

  double step(double learning_rate, const aviary::Closure& closure) override {
    std::int64_t& step = *steps_.data_ptr<std::int64_t>();
    const bool look = step >= first_ && (step - first_) % params_.every == 0;
    const double first_loss = params_.base->step(learning_rate, [&](aviary::Gradient asked) {
      if (!look) return closure(asked);
      const double loss = closure(aviary::Gradient::raw);
      const Look around(*this);
      closure(asked);
      return loss;
    });
    ++step;
    return first_loss;
  }

  double base_learning_rate() const override { return params_.base->base_learning_rate(); }

  aviary::NamedTensors state() override {
    aviary::NamedTensors state = params_.base->state();
    state.emplace_back("sam/steps", steps_);
    return state;
  }

 private:
  // As long as it lives the weights are where the loss is highest.
  class Look {
   public:
    explicit Look(Sam& sam) : sam_(sam) { sam_.climb(); }
    Look(const Look&) = delete;
    Look& operator=(const Look&) = delete;
    ~Look() {
      const c10::AutoGradMode no_gradients(false);
      try {
        for (std::size_t i = 0; i < sam_.before_.size(); ++i) sam_.parameters_[i].tensor.copy_(sam_.before_[i]);
      } catch (const std::exception&) {  // a GPU has failed, as the exception says that is under way
      }
    }

   private:
    Sam& sam_;
  };

  void climb() {
    const c10::AutoGradMode no_gradients(false);
    const double scale = params_.rho / (gradient_norm() + 1e-12);
    std::vector<at::Tensor> weights;
    std::vector<at::Tensor> gradients;
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
      const at::Tensor& weight = parameters_[i].tensor;
      before_[i].copy_(weight);
      if (!weight.grad().defined()) continue;
      weights.push_back(weight);
      gradients.push_back(weight.grad());
    }
    if (params_.adaptive)
      aviary::elementwise([scale]<class T>(T g, T& w) { w += T(scale) * w * w * g; }, gradients, weights);
    else
      aviary::elementwise([scale]<class T>(T g, T& w) { w += T(scale) * g; }, gradients, weights);
  }

  // With one read from the parameters' device.
  double gradient_norm() {
    norms_.zero_();
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
      const at::Tensor& weight = parameters_[i].tensor;
      const at::Tensor& gradient = weight.grad();
      if (!gradient.defined()) continue;
      at::Tensor norm = norms_[static_cast<std::int64_t>(i)];
      at::linalg_vector_norm_out(norm, params_.adaptive ? at::mul_out(before_[i], weight, gradient) : gradient);
    }
    const at::Tensor norms = norms_.cpu();
    double squares = 0;
    for (std::int64_t i = 0; i < norms.numel(); ++i) squares += std::pow(norms[i].item<double>(), 2);
    return std::sqrt(squares);
  }

  Params params_;
  std::vector<aviary::Parameter> parameters_;
  std::int64_t first_;
  at::Tensor steps_;                // taken, a whole number
  std::vector<at::Tensor> before_;  // the weights while it looks around
  at::Tensor norms_;                // of the parameters' gradients
};

}  // namespace

AVIARY_OPTIMIZER("sam", Sam, Params, "Sharpness-aware minimisation around another optimizer, ASAM if wanted")
