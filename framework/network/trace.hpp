// A model as a TorchScript module: what export writes, and what summary and fit read, for any plugin's model. LibTorch's tracer
// runs the model once, on one picture, and records each of its operations. The module has the model's own tensors, under the
// same names, and its forward(images) takes any number of pictures, as long as the model never uses that number as a plain one.
//
// Called from the main thread, within plugins::guarded(): both functions run the model. They leave it in the mode it was in.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

namespace torch::jit {
struct Module;
}

namespace aviary {
class Model;
}

namespace aviary::network {

/// Of red, green and blue, from 0 to 1.
struct Normalisation {
  std::array<double, 3> mean;
  std::array<double, 3> std;
};

/// Channels, height, width.
using PictureSize = std::array<std::int64_t, 3>;

/// The model in evaluation mode. With a `normalisation` the module takes pictures of colors from 0 to 1; mean and standard
/// deviation are then buffers of its child `normalisation`.
torch::jit::Module trace(Model& model, const PictureSize& size, const std::optional<Normalisation>& normalisation = {});

/// Throws Error, with what the model's author has to change, unless the module gives the model's own logits for three pictures.
/// Precondition: traced without a normalisation.
void check_trace(torch::jit::Module& traced, Model& model, const PictureSize& size);

}  // namespace aviary::network
