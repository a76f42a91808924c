// What a model is made of, and what one picture costs: the operations of its traced graph, in the order in which they run. The
// numbers are those of one picture, in evaluation. Called by summary and fit, from the main thread.
//
// Multiply-adds are counted as timm's tables count them: convolutions, linear layers and the products of attention; norms,
// activations, pooling and sums count nothing. Of products, linear, matmul, mm, bmm, addmm and baddbmm are known; what is
// multiplied inside another operation (einsum, an LSTM) is not seen.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace torch::jit {
struct Module;
}

namespace aviary::network {

struct Layer {
  std::string name;      ///< of the module whose tensors it uses ("stem.conv"); without any, of the innermost one around it
  std::string type;      ///< "conv", "linear", "matmul", else as LibTorch names it: "batch_norm", "relu"
  std::string detail;    ///< of a convolution: kernel, stride and groups, "3x3/2 g32"
  bool own = false;      ///< uses tensors of the model
  bool resizes = false;  ///< gives another number of values than it takes
  std::vector<std::int64_t> output;
  std::int64_t parameters = 0;  ///< counted where they are used first
  std::int64_t multiply_adds = 0;
};

struct Layers {
  std::vector<Layer> layers;
  std::int64_t parameters = 0;               ///< of the model, those that no layer uses included
  std::int64_t multiply_adds = 0;            ///< of all layers
  std::int64_t attention_multiply_adds = 0;  ///< those among them that multiply what was computed with what was computed
};

/// Precondition: `traced` is what trace() returned.
Layers read_layers(const torch::jit::Module& traced);

}  // namespace aviary::network
