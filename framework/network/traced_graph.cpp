#include "network/traced_graph.hpp"

#include <torch/csrc/jit/api/module.h>

namespace jit = torch::jit;

namespace aviary::network {
namespace {

const c10::AliasInfo* alias_of_result(const jit::Node& node) {
  const c10::FunctionSchema* const schema = node.maybeSchema();
  return schema == nullptr || schema->returns().empty() ? nullptr : schema->returns().front().alias_info();
}

}  // namespace

TracedGraph::TracedGraph(const jit::Module& traced) : graph_(traced.get_method("forward").graph()) {
  for (const auto& item : traced.named_parameters()) tensors_.emplace(item.name, item.value);
  for (const auto& item : traced.named_buffers()) tensors_.emplace(item.name, item.value);
  for (const jit::Value* const input : graph_->inputs()) origins_[input].pictures = is_tensor(input);
  for (const jit::Node* const node : graph_->nodes()) {
    Origin from;
    if (node->kind() == c10::prim::GetAttr) {
      from = attribute(*node);
    } else {
      for (const jit::Value* const input : node->inputs()) {
        from.pictures |= origin(input).pictures;
        from.learns |= origin(input).learns;
      }
      if (!from.pictures) from.tensors = tensors_of(*node);
    }
    for (const jit::Value* const output : node->outputs()) origins_[output] = from;
  }
}

TracedGraph::Origin TracedGraph::attribute(const jit::Node& node) {
  const std::string& parent = paths_[node.input()];
  const std::string path = (parent.empty() ? "" : parent + '.') + node.s(c10::attr::name);
  paths_[node.output()] = path;
  const auto tensor = tensors_.find(path);
  if (tensor == tensors_.end()) return {};
  return {.pictures = false, .learns = tensor->second.requires_grad(), .tensors = {path}};
}

const TracedGraph::Origin& TracedGraph::origin(const jit::Value* value) const { return origins_.at(value); }

std::vector<std::string> TracedGraph::tensors_of(const jit::Node& node) const {
  std::vector<std::string> tensors;
  for (const jit::Value* const input : node.inputs())
    tensors.insert(tensors.end(), origin(input).tensors.begin(), origin(input).tensors.end());
  return tensors;
}

Shape TracedGraph::shape(const jit::Value* value) const {
  if (const auto path = paths_.find(value); path != paths_.end()) return tensors_.at(path->second).sizes().vec();
  const auto type = value->type()->cast<c10::TensorType>();
  if (type == nullptr) return {};
  return type->sizes().concrete_sizes().value_or(Shape{});
}

std::string operation(const jit::Node& node) {
  const std::string name = node.kind().toUnqualString();
  const std::size_t begin = name.find_first_not_of('_');
  return name.substr(begin, name.find_last_not_of('_') + 1 - begin);
}

bool is_tensor(const jit::Value* value) { return value->type()->isSubtypeOf(*c10::TensorType::get()); }

bool is_view(const jit::Node& node) {
  const c10::AliasInfo* const alias = alias_of_result(node);
  return alias != nullptr && !alias->isWrite();
}

bool writes_in_place(const jit::Node& node) {
  const c10::AliasInfo* const alias = alias_of_result(node);
  return alias != nullptr && alias->isWrite();
}

}  // namespace aviary::network
