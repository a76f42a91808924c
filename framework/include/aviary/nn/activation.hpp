// The functions that follow a norm or a linear layer.
#pragma once

namespace aviary::nn {

/// relu6 is a clamp to 0..6: LibTorch's own has no backward in bf16 on the CPU.
enum class Activation { none, relu, relu6, silu };

}  // namespace aviary::nn
