#include "network/layers.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <numeric>
#include <set>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/ir/constants.h>

#include "network/traced_graph.hpp"

namespace jit = torch::jit;

namespace aviary::network {
namespace {

// Which input is multiplied along its last dimension.
const std::map<std::string_view, std::size_t> products = {{"linear", 0}, {"matmul", 0}, {"mm", 0},
                                                          {"bmm", 0},    {"addmm", 1},  {"baddbmm", 1}};

std::int64_t count(const Shape& shape) {
  return std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
}

// Without the dimension of the batch, which was 1 when the graph was recorded.
Shape of_one_picture(Shape shape) {
  if (shape.size() > 1 && shape.front() == 1) shape.erase(shape.begin());
  return shape;
}

bool is_convolution(const jit::Node& node) { return operation(node).starts_with("convolution"); }

std::vector<std::int64_t> whole_numbers(const jit::Value* list) {
  std::vector<std::int64_t> numbers;
  for (const jit::Value* const element : list->node()->inputs())
    numbers.push_back(jit::constant_as<std::int64_t>(element).value_or(1));
  return numbers;
}

std::string parent_of(const std::string& name) {
  const std::size_t dot = name.rfind('.');
  return dot == std::string::npos ? "" : name.substr(0, dot);
}

// The innermost module that holds both.
std::string common_parent(const std::string& a, const std::string& b) {
  const std::string first = parent_of(a) + '.';
  const std::string second = parent_of(b) + '.';
  const auto differs = std::mismatch(first.begin(), first.end(), second.begin(), second.end()).first;
  return parent_of(std::string(first.begin(), differs));
}

class Reader {
 public:
  explicit Reader(const jit::Module& traced) : graph_(traced) {
    for (const auto& item : traced.named_parameters()) {
      result_.parameters += item.value.numel();
      uncounted_.insert(item.name);
    }
  }

  Layers read() {
    for (const jit::Node* const node : graph_.graph().nodes())
      if (is_layer(*node)) add(*node);
    name_by_neighbours();
    return std::move(result_);
  }

 private:
  bool is_layer(const jit::Node& node) const {
    return node.kind().is_aten() && is_tensor(node.output(0)) && graph_.from_pictures(node.output(0)) && !is_view(node) &&
           !does_nothing(node);
  }

  static bool does_nothing(const jit::Node& node) {
    const std::string name = operation(node);
    return name == "dropout" || name == "feature_dropout";
  }

  void add(const jit::Node& node) {
    const std::vector<std::string> tensors = graph_.tensors_of(node);
    const Shape output = graph_.shape(node.output(0));
    Layer& layer = result_.layers.emplace_back();
    layer.own = !tensors.empty();
    if (layer.own) layer.name = name_of(tensors.front());
    for (const std::string& tensor : tensors)
      if (uncounted_.erase(tensor) > 0) layer.parameters += graph_.tensors().at(tensor).numel();
    layer.type = operation(node);
    layer.resizes = count(output) != count(graph_.shape(node.input(0)));
    layer.output = of_one_picture(output);
    if (is_convolution(node)) {
      describe_convolution(node, layer);
    } else if (const auto product = products.find(layer.type); product != products.end()) {
      const jit::Value* const factor = node.input(product->second);
      const bool attention = graph_.from_pictures(factor) && graph_.from_pictures(node.input(product->second + 1));
      layer.type = attention ? "matmul" : "linear";
      layer.multiply_adds = count(output) * graph_.shape(factor).back();
      if (attention) result_.attention_multiply_adds += layer.multiply_adds;
    }
    result_.multiply_adds += layer.multiply_adds;
  }

  void describe_convolution(const jit::Node& node, Layer& layer) const {
    const Shape weight = graph_.shape(node.namedInput("weight"));
    const bool transposed =
        node.hasNamedInput("transposed") && jit::constant_as<bool>(node.namedInput("transposed")).value_or(false);
    const std::vector<std::int64_t> stride = whole_numbers(node.namedInput("stride"));
    const auto groups = jit::constant_as<std::int64_t>(node.namedInput("groups")).value_or(1);
    // Every number of the output is a sum over the kernel and the inputs of a group; transposed, it is spread so.
    layer.multiply_adds =
        count(graph_.shape(transposed ? node.input(0) : node.output())) * count({weight.begin() + 1, weight.end()});
    layer.type = transposed ? "conv_transpose" : "conv";
    layer.detail = fmt::format("{}", fmt::join(weight.begin() + 2, weight.end(), "x"));
    if (std::ranges::any_of(stride, [](std::int64_t step) { return step > 1; }))
      layer.detail += fmt::format("/{}", std::ranges::count(stride, stride.front()) == std::ssize(stride)
                                             ? std::to_string(stride.front())
                                             : fmt::format("{}", fmt::join(stride, "x")));
    if (groups > 1) layer.detail += fmt::format(" g{}", groups);
  }

  // A module that has others within it is not the layer itself: there the tensor is named.
  std::string name_of(const std::string& tensor) const {
    const std::string module = parent_of(tensor);
    const std::string prefix = module.empty() ? "" : module + '.';
    const bool has_modules = std::ranges::any_of(graph_.tensors(), [&](const auto& item) {
      return item.first.starts_with(prefix) && item.first.find('.', prefix.size()) != std::string::npos;
    });
    return has_modules ? tensor : module;
  }

  // The graph knows no modules: an operation without tensors belongs to what holds the layers before and after it.
  void name_by_neighbours() {
    auto& layers = result_.layers;
    for (auto layer = layers.begin(); layer != layers.end(); ++layer) {
      if (layer->own) continue;
      const auto before =
          std::find_if(std::reverse_iterator(layer), layers.rend(), [](const Layer& other) { return other.own; });
      const auto after = std::find_if(layer, layers.end(), [](const Layer& other) { return other.own; });
      if (before != layers.rend() && after != layers.end())
        layer->name = common_parent(before->name, after->name);
      else if (before != layers.rend())
        layer->name = parent_of(before->name);
      else if (after != layers.end())
        layer->name = parent_of(after->name);
    }
  }

  TracedGraph graph_;
  std::set<std::string> uncounted_;
  Layers result_;
};

}  // namespace

Layers read_layers(const jit::Module& traced) { return Reader(traced).read(); }

}  // namespace aviary::network
