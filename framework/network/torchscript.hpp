// A model as a file that torch.jit.load runs, in Python and C++, without Aviary and without the plugin. Called by
// `aviary weights export`, from the main thread, within plugins::guarded().
#pragma once

#include <map>
#include <optional>
#include <string>

#include "network/trace.hpp"

namespace aviary::network {

/// Traces, checks that the traced module gives the model's own logits, and returns the bytes of the file. `metadata` becomes
/// the extra files of the archive. Throws Error when the model cannot be traced.
std::string torchscript(Model& model, const PictureSize& size, const std::optional<Normalisation>& normalisation,
                        const std::map<std::string, std::string>& metadata);

}  // namespace aviary::network
