// What optimizers have in common that update every element of a parameter by itself, in one pass: the loop, the state by name,
// the count of steps, and the factors of each parameter. Such an optimizer names what it remembers, and says how parameters are
// updated; plugins/optimizers/sgd is a whole one. Only the host calls it, from one thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include <aviary/api.hpp>
#include <aviary/elementwise.hpp>
#include <aviary/optimizer.hpp>

namespace aviary {

class AVIARY_API ElementwiseOptimizer : public Optimizer {
 public:
  double step(double learning_rate, const Closure& closure) final;
  double base_learning_rate() const final { return base_learning_rate_; }
  NamedTensors state() final;

 protected:
  /// Parameters that have all but their tensors in common, in one step.
  struct Update {
    std::vector<at::Tensor> weight = {};
    std::vector<at::Tensor> gradient = {};
    std::vector<std::vector<at::Tensor>> remembered;  ///< in the order of their names; zeros before the first step
    std::int64_t step = 0;                            ///< of these parameters, counted from 1
    double learning_rate = 0;                         ///< times the parameters' factor
    double weight_decay = 0;                          ///< times the parameters' factor
  };

  /// `remembered`: names of the tensors that are kept for each parameter, in its shape and layout.
  ElementwiseOptimizer(double learning_rate, double weight_decay, const OptimizerContext& context,
                       std::vector<std::string> remembered);

 private:
  struct Memory {
    std::vector<at::Tensor> tensors;
    at::Tensor step;  // a whole number
  };

  /// Called without autograd, for the parameters that have a gradient.
  virtual void update(const Update& update) = 0;

  double base_learning_rate_;
  double weight_decay_;
  std::vector<Parameter> parameters_;
  std::vector<std::string> names_;
  std::vector<Memory> memory_;  // one for each parameter
};

}  // namespace aviary
