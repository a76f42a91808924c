// Models for tests, made of a function.
#pragma once

#include <functional>
#include <string>
#include <utility>

#include <torch/types.h>

#include <aviary/model.hpp>

namespace aviary::test {

/// What is registered from outside is what it has; `forward` is what it does.
struct FunctionModel final : Model {
  std::function<at::Tensor(const at::Tensor&)> function;

  at::Tensor forward(const at::Tensor& images) override { return function(images); }
  std::string classifier() const override { return "head"; }

  /// A parameter of random values, in a child when the name has a dot.
  at::Tensor parameter(const std::string& name, at::IntArrayRef shape) {
    torch::nn::Module* module = this;
    std::string rest = name;
    for (std::size_t dot = rest.find('.'); dot != std::string::npos; dot = rest.find('.')) {
      const std::string step = rest.substr(0, dot);
      const auto children = module->named_children();
      const auto* const found = children.find(step);
      module = found != nullptr ? found->get() : module->register_module(step, std::make_shared<torch::nn::Module>()).get();
      rest = rest.substr(dot + 1);
    }
    return module->register_parameter(rest, torch::randn(shape) * 0.1);
  }
};

}  // namespace aviary::test
