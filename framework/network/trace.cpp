#include "network/trace.hpp"

#include <memory>
#include <string>
#include <utility>

#include <ATen/ops/allclose.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/tensor.h>
#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/frontend/tracer.h>

#include <aviary/error.hpp>
#include <aviary/model.hpp>

#include "network/evaluation_mode.hpp"
#include "network/input.hpp"
#include "plugins/foreign_error.hpp"

namespace jit = torch::jit;

namespace aviary::network {
namespace {

using Unit = std::shared_ptr<jit::CompilationUnit>;

jit::Module new_module(const Unit& unit) {
  jit::Module module(c10::QualifiedName("__torch__.Network"), unit, /*shouldMangle=*/true);
  module.register_attribute("training", c10::BoolType::get(), false);
  return module;
}

// Each module has a class of its own: TorchScript declares members with the class.
jit::Module mirror(const torch::nn::Module& module, const Unit& unit) {
  jit::Module mirrored = new_module(unit);
  for (const auto& item : module.named_parameters(false)) mirrored.register_parameter(item.key(), item.value(), false);
  for (const auto& item : module.named_buffers(false)) mirrored.register_buffer(item.key(), item.value());
  for (const auto& item : module.named_children()) mirrored.register_module(item.key(), mirror(*item.value(), unit));
  return mirrored;
}

// Each one different, none smooth, without a random draw.
at::Tensor pictures(std::int64_t count, const PictureSize& size, const Model& model) {
  const at::Tensor numbers = at::arange(count * size[0] * size[1] * size[2], at::kDouble);
  return numbers.mul(0.6180339887498949).frac().view({count, size[0], size[1], size[2]}).to(input_options(model));
}

}  // namespace

jit::Module trace(Model& model, const PictureSize& size, const std::optional<Normalisation>& normalisation) {
  const EvaluationMode mode(model);
  const Unit unit = std::make_shared<jit::CompilationUnit>();
  jit::Module traced = mirror(model, unit);
  at::Tensor mean;
  at::Tensor std;
  if (normalisation) {
    mean = at::tensor(at::ArrayRef<double>(normalisation->mean), input_options(model)).view({3, 1, 1});
    std = at::tensor(at::ArrayRef<double>(normalisation->std), input_options(model)).view({3, 1, 1});
    jit::Module front = new_module(unit);
    front.register_buffer("mean", mean);
    front.register_buffer("std", std);
    traced.register_module("normalisation", front);
  }
  const auto forward = [&](jit::Stack stack) -> jit::Stack {
    at::Tensor images = stack.front().toTensor();
    if (normalisation) images = (images - mean) / std;
    return {model.forward(images)};
  };
  const auto no_names = [](const at::Tensor&) { return std::string(); };
  const auto state = jit::tracer::trace({pictures(1, size, model)}, forward, no_names, true, false, &traced, {"images"}).first;
  traced.type()->addMethod(unit->create_function(c10::QualifiedName(*traced.type()->name(), "forward"), state->graph));
  return traced;
}

void check_trace(jit::Module& traced, Model& model, const PictureSize& size) {
  const EvaluationMode mode(model);
  const at::Tensor images = pictures(3, size, model);
  const at::Tensor expected = model.forward(images);
  at::Tensor found;
  try {
    found = traced.forward({images}).toTensor();
  } catch (...) {
    throw Error(
        "recorded with one picture, the model does not run with three: its forward() uses their number as a plain number, "
        "as x.size(0) is; write flatten(1), mean({2, 3}) or view({-1, ...})",
        Fault::work, plugins::describe_exception_in_flight().detail);
  }
  if (found.sizes() != expected.sizes() || !at::allclose(found, expected, 1e-4, 1e-5, /*equal_nan=*/true))
    throw Error(
        "recorded, the model gives other logits than forward(): LibTorch does not see what is computed through data "
        "pointers; compute with LibTorch's operations while torch::jit::tracer::isTracing()");
}

}  // namespace aviary::network
