// Writes a model as a file that torch.jit.load runs, in Python and C++, without Aviary and without the plugin. Called by
// `aviary weights export`, from the main thread, within plugins::guarded().
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "network/trace.hpp"

namespace aviary::network {

/// Traces, checks that the traced module gives the model's own logits, and writes. `metadata` becomes the extra files of the
/// archive. The file appears whole or not at all. Throws Error when the model cannot be traced or the file not be written.
void save_torchscript(const std::filesystem::path& path, Model& model, const PictureSize& size,
                      const std::optional<Normalisation>& normalisation, const std::map<std::string, std::string>& metadata);

}  // namespace aviary::network
