#include "network/torchscript.hpp"

#include <array>
#include <sstream>

#include <torch/csrc/jit/api/module.h>

#include "weights/whole_file.hpp"

namespace jit = torch::jit;

namespace aviary::network {

void save_torchscript(const std::filesystem::path& path, Model& model, const PictureSize& size,
                      const std::optional<Normalisation>& normalisation, const std::map<std::string, std::string>& metadata) {
  jit::Module traced = trace(model, size);
  check_trace(traced, model, size);
  if (normalisation) traced = trace(model, size, normalisation);
  std::ostringstream stream;
  traced.save(stream, jit::ExtraFilesMap(metadata.begin(), metadata.end()));
  weights::write_whole_file(path, std::array{stream.view()});
}

}  // namespace aviary::network
