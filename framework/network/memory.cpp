#include "network/memory.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <ATen/TensorUtils.h>
#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/ir/constants.h>

#include "network/traced_graph.hpp"

namespace jit = torch::jit;

namespace aviary::network {
namespace {

// What operations keep for their backward pass, by LibTorch's derivatives.yaml. Those that are not here keep their inputs.
const std::set<std::string_view> keep_nothing = {
    "add", "sub", "mean", "sum", "cat", "pad", "dropout", "upsample_nearest2d", "upsample_bilinear2d"};
const std::set<std::string_view> keep_output = {"relu", "sigmoid", "tanh", "softmax", "log_softmax", "exp", "sqrt", "rsqrt"};
// Each input whose partner learns.
const std::set<std::string_view> keep_factors = {"mul", "matmul", "mm", "bmm", "addmm", "baddbmm", "linear", "convolution"};

std::int64_t bytes_of(const jit::Value* value) {
  const auto type = value->type()->expect<c10::TensorType>();
  const auto scalar = type->scalarType().value_or(at::kFloat);
  return static_cast<std::int64_t>(type->numel().value_or(0) * c10::elementSize(scalar));
}

bool drops(const jit::Node& node) {
  return operation(node) == "dropout" && jit::constant_as<double>(node.namedInput("p")).value_or(0) > 0;
}

// Some views (reshape, contiguous) copy when they must.
bool is_copied(const jit::Value* from, const jit::Value* to) {
  const auto before = from->type()->cast<c10::TensorType>();
  const auto after = to->type()->cast<c10::TensorType>();
  if (before == nullptr || after == nullptr || before->scalarType() != after->scalarType())
    return before != nullptr && after != nullptr;
  const std::string name = operation(*to->node());
  if (name != "reshape" && name != "flatten" && name != "contiguous" && name != "to") return false;
  const auto strides = at::detail::computeStride(*before->sizes().concrete_sizes(), *before->strides().concrete_sizes(),
                                                 *after->sizes().concrete_sizes());
  return !strides || *strides != *after->strides().concrete_sizes();
}

enum class Pass { evaluation, training };

// Which values share a block of memory. Blocks are numbered in the order in which they appear; the pictures are number 0.
class Blocks {
 public:
  using Numbers = std::set<std::size_t>;  ///< a list of tensors has several

  Blocks(const TracedGraph& graph, Pass pass) {
    for (const jit::Value* const input : graph.graph().inputs())
      if (is_tensor(input)) add(input);
    for (const jit::Node* const node : graph.graph().nodes())
      for (const jit::Value* const output : node->outputs())
        if (graph.from_pictures(output)) place(*node, output, pass);
  }

  const Numbers& of(const jit::Value* value) const {
    static const Numbers none;
    const auto found = numbers_.find(value);
    return found == numbers_.end() ? none : found->second;
  }
  const std::vector<std::int64_t>& bytes() const { return bytes_; }

 private:
  void add(const jit::Value* value) {
    numbers_[value] = {bytes_.size()};
    bytes_.push_back(bytes_of(value));
  }

  void place(const jit::Node& node, const jit::Value* output, Pass pass) {
    const bool shares = writes_in_place(node) || (is_view(node) && !is_copied(node.input(0), output)) ||
                        (operation(node) == "dropout" && !(pass == Pass::training && drops(node)));
    if (node.kind().is_aten() && shares)
      numbers_[output] = of(node.input(0));
    else if (node.kind().is_aten() && is_tensor(output))
      add(output);
    else
      for (const jit::Value* const input : node.inputs()) numbers_[output].insert(of(input).begin(), of(input).end());
  }

  std::map<const jit::Value*, Numbers> numbers_;
  std::vector<std::int64_t> bytes_;
};

// Each block lives from the operation that makes it to the last one that uses it.
std::int64_t peak(const TracedGraph& graph) {
  const Blocks blocks(graph, Pass::evaluation);
  std::vector<std::int64_t> first(blocks.bytes().size(), -1);
  std::vector<std::int64_t> last(blocks.bytes().size(), 0);
  std::int64_t time = 0;
  for (const jit::Node* const node : graph.graph().nodes()) {
    ++time;
    for (const auto values : {node->inputs(), node->outputs()})
      for (const jit::Value* const value : values)
        for (const std::size_t block : blocks.of(value)) {
          if (first[block] < 0) first[block] = time;
          last[block] = time;
        }
  }
  std::vector<std::int64_t> change(static_cast<std::size_t>(time) + 2);
  first[0] = 0;
  last[0] = time;  // whoever calls the model holds the pictures
  for (std::size_t block = 0; block < first.size(); ++block) {
    change[static_cast<std::size_t>(first[block])] += blocks.bytes()[block];
    change[static_cast<std::size_t>(last[block]) + 1] -= blocks.bytes()[block];
  }
  std::int64_t alive = 0;
  std::int64_t most = 0;
  for (const std::int64_t by : change) most = std::max(most, alive += by);
  return most;
}

std::int64_t kept(const TracedGraph& graph) {
  const Blocks blocks(graph, Pass::training);
  Blocks::Numbers kept;
  std::int64_t bytes = 0;
  const auto keep = [&](const jit::Value* value) { kept.insert(blocks.of(value).begin(), blocks.of(value).end()); };
  for (const jit::Node* const node : graph.graph().nodes()) {
    if (!node->kind().is_aten() || !graph.from_pictures(node->output(0)) || !graph.learns(node->output(0))) continue;
    const std::string name = operation(*node);
    const auto learning = std::ranges::count_if(node->inputs(), [&](const jit::Value* input) { return graph.learns(input); });
    if (keep_output.contains(name)) {
      keep(node->output(0));
    } else if (!is_view(*node) && !keep_nothing.contains(name)) {
      for (const jit::Value* const input : node->inputs())
        if (!keep_factors.contains(name) || learning > (graph.learns(input) ? 1 : 0)) keep(input);
    }
    if (drops(*node)) bytes += bytes_of(node->output(0));              // what is multiplied with
    if (name == "max_pool2d") bytes += 2 * bytes_of(node->output(0));  // where each number comes from, 64 bits
  }
  for (const std::size_t block : kept) bytes += blocks.bytes()[block];
  return bytes;
}

}  // namespace

ActivationBytes activation_bytes(const jit::Module& traced) {
  const TracedGraph graph(traced);
  return {.forward = peak(graph), .backward = kept(graph)};
}

}  // namespace aviary::network
