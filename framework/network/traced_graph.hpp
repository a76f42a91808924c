// What the readers of a traced graph (layers, memory) ask of its values: which of them come from the pictures, which of the
// model's tensors go into the others, how large each one was when the graph was recorded. One thread at a time.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include <ATen/core/Tensor.h>
#include <torch/csrc/jit/ir/ir.h>

namespace torch::jit {
struct Module;
}

namespace aviary::network {

/// Sizes, outermost first.
using Shape = std::vector<std::int64_t>;

class TracedGraph {
 public:
  /// Precondition: `traced` is what trace() returned.
  explicit TracedGraph(const torch::jit::Module& traced);

  const torch::jit::Graph& graph() const { return *graph_; }
  /// The model's parameters and buffers by name.
  const std::map<std::string, at::Tensor>& tensors() const { return tensors_; }

  /// Whether it is computed from the pictures, so that there is one for every picture of a batch.
  bool from_pictures(const torch::jit::Value* value) const { return origin(value).pictures; }
  /// Whether it is, or is computed from, a parameter that learns.
  bool learns(const torch::jit::Value* value) const { return origin(value).learns; }
  /// The parameters and buffers that go into this operation by themselves, and not by way of the pictures.
  std::vector<std::string> tensors_of(const torch::jit::Node& node) const;
  Shape shape(const torch::jit::Value* value) const;

 private:
  struct Origin {
    bool pictures = false;
    bool learns = false;
    std::vector<std::string> tensors;  ///< none when from the pictures
  };

  const Origin& origin(const torch::jit::Value* value) const;
  Origin attribute(const torch::jit::Node& node);

  std::shared_ptr<torch::jit::Graph> graph_;
  std::map<std::string, at::Tensor> tensors_;
  std::unordered_map<const torch::jit::Value*, std::string> paths_;  ///< of modules and tensors within the model
  std::unordered_map<const torch::jit::Value*, Origin> origins_;
};

/// What the node does, without LibTorch's underscores: "convolution", "relu".
std::string operation(const torch::jit::Node& node);

bool is_tensor(const torch::jit::Value* value);

/// Whether the operation's result is its first input: the same values (a view of them), or those written over (relu_).
bool is_view(const torch::jit::Node& node);
bool writes_in_place(const torch::jit::Node& node);

}  // namespace aviary::network
