// PyTorch's files (.pt, .pth) that hold a state_dict, in the zip format of PyTorch 1.6 and later. Nothing in them is run, and
// what is neither tensor nor plain data is refused by its name. From any thread.
#pragma once

#include <filesystem>

#include "weights/tensors.hpp"

namespace aviary::weights {

/// The tensors of a saved state_dict in its order, on the CPU. Of a checkpoint whose dict holds no tensors itself, but a dict
/// of tensors as "state_dict" or "model", those; what else it holds is left out. Tensors that were saved as views come back so:
/// with their strides, and sharing memory where they did. A file that is damaged, lies, or is of another kind (the format
/// before 1.6, TorchScript) is refused with a sentence that says what to do, before memory is taken for what it does not hold.
Tensors load_pytorch(const std::filesystem::path& path);

/// What torch.load gives back as an OrderedDict, with weights_only=True, too. The same tensors give the same bytes; each has
/// its values for itself, in row-major order. The metadata is not written. The types are those of safetensors.
void save_pytorch(const std::filesystem::path& path, const Tensors& content);

}  // namespace aviary::weights
