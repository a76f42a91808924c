#include "training/learner.hpp"

#include <fnmatch.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include <ATen/Context.h>
#include <c10/core/GradMode.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/nn/modules/batchnorm.h>

#include <aviary/error.hpp>
#include <aviary/model.hpp>
#include <aviary/rng.hpp>

#include "data/purpose.hpp"
#include "recipe/schedule.hpp"
#include "training/compute.hpp"
#include "training/limits.hpp"

namespace aviary::training {
namespace {

Role role_of(std::string_view name, const at::Tensor& tensor, const Model& model, std::string_view classifier) {
  if (name.starts_with(classifier) && name.substr(classifier.size()).starts_with('.')) return Role::classifier;
  if (!name.ends_with("bias")) return tensor.dim() == 1 ? Role::norm : Role::weight;
  // A norm's shift stands beside a scale of one dimension; other biases beside a weight of two or more.
  const std::string weight = std::string(name.substr(0, name.size() - 4)) + "weight";
  const auto parameters = model.named_parameters();
  const at::Tensor* const beside = parameters.find(weight);
  return beside != nullptr && beside->dim() == 1 ? Role::norm : Role::bias;
}

bool frozen(const recipe::Start& start, const std::string& name) {
  return start.freeze && std::ranges::any_of(*start.freeze, [&](const std::string& pattern) { return matches(pattern, name); });
}

// The classifier's bias is both a bias and the classifier's.
bool decays(const Parameter& parameter, const recipe::Decay& decay) {
  const auto left_out = [&](const char* role) { return std::ranges::count(decay.no_decay, role) > 0; };
  switch (parameter.role) {
    case Role::weight: return true;
    case Role::bias: return !left_out("bias");
    case Role::norm: return !left_out("norm");
    case Role::classifier: return !left_out("classifier") && !(left_out("bias") && parameter.name.ends_with("bias"));
  }
  return true;
}

// A pattern that names nothing is a mistake of the recipe.
void check_patterns(const recipe::Recipe& recipe, const Model& model) {
  const std::vector<std::string> names = model.named_parameters().keys();
  const recipe::Table& table = *recipe.resolved.table()->find("model")->node.table();
  std::vector<recipe::Complaint> complaints;
  const auto check = [&](const std::string& key, const std::string& pattern, const recipe::Place& place) {
    if (std::ranges::any_of(names, [&](const std::string& name) { return matches(pattern, name); })) return;
    complaints.push_back(
        {place, fmt::format("model.{} names \"{}\", but the model has no such layer or parameter; its layers are {}", key,
                            pattern, fmt::join(model.named_children().keys(), ", "))});
  };
  if (recipe.start.freeze)
    for (const std::string& pattern : *recipe.start.freeze) check("freeze", pattern, table.find("freeze")->node.place);
  for (const auto& [pattern, factor] : recipe.start.lr_factors)
    check("lr_factors", pattern, table.find("lr_factors")->node.table()->find(pattern)->place);
  if (!complaints.empty()) throw recipe::RecipeError(std::move(complaints));
}

}  // namespace

bool matches(const std::string& pattern, const std::string& name) {
  for (std::size_t dot = name.find('.'); dot != std::string::npos; dot = name.find('.', dot + 1))
    if (::fnmatch(pattern.c_str(), name.substr(0, dot).c_str(), 0) == 0) return true;
  return ::fnmatch(pattern.c_str(), name.c_str(), 0) == 0;
}

std::shared_ptr<Model> make_model(const recipe::Recipe& recipe, std::int64_t outputs) {
  const auto seed = static_cast<std::uint64_t>(recipe.training.seed);
  at::manual_seed(Rng(seed, {data::Purpose::initialisation}).bits());
  std::shared_ptr<Model> model = recipe::make<Model>(recipe.model, {outputs, 3, recipe.data.image_size});
  model->to(compute_device());
  const c10::AutoGradMode no_gradients(false);
  for (at::Tensor& parameter : model->parameters())
    if (parameter.dim() == 4) parameter.set_data(parameter.contiguous(at::MemoryFormat::ChannelsLast));
  return model;
}

std::int64_t count_parameters(const Model& model) {
  std::int64_t total = 0;
  for (const at::Tensor& parameter : model.parameters()) total += parameter.numel();
  return total;
}

std::vector<Parameter> parameters_of(const Model& model, const recipe::Start& start, const recipe::Decay& decay) {
  const std::string classifier = model.classifier();
  std::vector<Parameter> parameters;
  for (const auto& item : model.named_parameters()) {
    at::Tensor tensor = item.value();
    if (frozen(start, item.key())) {
      tensor.requires_grad_(false);
      continue;
    }
    Parameter& parameter = parameters.emplace_back();
    parameter.name = item.key();
    parameter.tensor = tensor;
    parameter.role = role_of(item.key(), tensor, model, classifier);
    for (const auto& [pattern, factor] : start.lr_factors)
      if (matches(pattern, item.key())) parameter.learning_rate_factor *= factor;
    if (!decays(parameter, decay)) parameter.decay_factor = 0;
  }
  return parameters;
}

Learner::Learner(recipe::Recipe from, std::int64_t width, std::int64_t steps, const std::vector<std::int64_t>& class_counts)
    : recipe(std::move(from)),
      outputs(width),
      model(make_model(recipe, width)),
      loss(recipe.loss, width, class_counts),
      gradient_scale(recipe.training.precision),
      recorded_pass(recipe) {
  if (gradient_scale.used() && compute_device().is_cpu())
    throw Error("training.precision is \"fp16\", which trains on a GPU only; expected \"fp32\", \"bf16\" or \"auto\"",
                Fault::usage);
  check_limits(recipe, parameter_count(), outputs);
  check_patterns(recipe, *model);
  std::vector<Parameter> parameters = parameters_of(*model, recipe.start, recipe.decay);
  if (parameters.empty()) throw Error("model.freeze names all parameters; there is nothing to train", Fault::usage);
  optimizer = recipe::make<Optimizer>(recipe.optimizer, {std::move(parameters), steps});
  scheduler = recipe::make<Scheduler>(recipe.scheduler, recipe::scheduler_context(recipe.training));
  if (recipe.ema) ema.emplace(*model);
  if (recipe.swa) swa.emplace(*model);
}

void Learner::join(const distributed::World& with) {
  if (recipe.training.cuda_graph && with.size() > 1)
    throw Error("training.cuda_graph is for one process, and several train together; expected cuda_graph = false there",
                Fault::usage);
  world = with;
  gradient_mean = distributed::GradientMean(world, model->parameters());
  if (world.size() == 1 || recipe.training.batch_norm != "synchronized") return;
  shared_batch = std::make_shared<nn::SharedBatch>();
  shared_batch->sum = [with](const at::Tensor& numbers) { with.sum(numbers); };
  for (const auto& item : model->named_modules("", false)) {
    if (item.value()->as<torch::nn::BatchNorm2dImpl>() != nullptr)
      throw Error(fmt::format("training.batch_norm is \"synchronized\", but {} of model {} ({}) is LibTorch's own batch norm, "
                              "which normalises by one process's pictures; use aviary::nn::BatchNorm2d there, or \"process\"",
                              item.key(), recipe.model.type, recipe.model.callee.file),
                  Fault::usage);
    if (auto* const norm = item.value()->as<nn::BatchNorm2d>()) norm->shared_batch = shared_batch;
  }
}

NamedTensors Learner::update_state() const {
  NamedTensors state = optimizer->state();
  if (gradient_scale.used()) state.emplace_back(GradientScale::name, gradient_scale.state());
  return state;
}

void Learner::train_mode() {
  model->train();
  for (const auto& item : model->named_modules("", false))
    if (frozen(recipe.start, item.key())) item.value()->eval();
}

std::int64_t Learner::parameter_count() const { return count_parameters(*model); }

double Learner::learning_rate(const Progress& progress) const {
  return plugins::guarded(recipe.scheduler.callee,
                          [&] { return scheduler->learning_rate(optimizer->base_learning_rate(), progress); });
}

}  // namespace aviary::training
