#include "network/torchscript.hpp"

#include <sstream>
#include <utility>

#include <torch/csrc/jit/api/module.h>

namespace jit = torch::jit;

namespace aviary::network {

std::string torchscript(Model& model, const PictureSize& size, const std::optional<Normalisation>& normalisation,
                        const std::map<std::string, std::string>& metadata) {
  jit::Module traced = trace(model, size);
  check_trace(traced, model, size);
  if (normalisation) traced = trace(model, size, normalisation);
  std::ostringstream stream;
  traced.save(stream, jit::ExtraFilesMap(metadata.begin(), metadata.end()));
  return std::move(stream).str();
}

}  // namespace aviary::network
