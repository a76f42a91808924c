#include "nn/packed_conv.hpp"

#ifdef AVIARY_ONEDNN

#include <cstdint>
#include <unordered_map>
#include <vector>

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>
#include <dnnl.hpp>

#include "nn/fused.hpp"
#include "nn/maps.hpp"

namespace aviary::nn {

using dnnl::memory;

class PackedConv {
 public:
  PackedConv(const at::Tensor& x, const at::Tensor& weight, const Window& window);

  bool suits(const at::Tensor& x, const at::Tensor& weight) const;
  at::Tensor forward(const at::Tensor& x, const at::Tensor& bias) const;

 private:
  std::vector<std::int64_t> input_;
  std::vector<std::int64_t> output_;
  at::ScalarType type_;
  int threads_;
  at::Tensor weight_;
  std::int64_t version_;
  at::Tensor no_bias_;
  dnnl::stream stream_;
  dnnl::convolution_forward convolution_;
  memory x_;
  memory biases_;
  memory y_;
  std::unordered_map<int, memory> arguments_;
};

namespace {

const dnnl::engine& cpu() {
  static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

bool takes(at::ScalarType type) {
  // Each extension has a bit. With AVX-512's, oneDNN computes in bfloat16, if need be by float32.
  static const bool has_bfloat16 = [] {
    constexpr auto least = static_cast<unsigned>(dnnl::cpu_isa::avx512_core);
    return (static_cast<unsigned>(dnnl::get_effective_cpu_isa()) & least) == least;
  }();
  return type == at::kFloat || has_bfloat16;
}

memory::data_type type_of(at::ScalarType type) { return type == at::kFloat ? memory::data_type::f32 : memory::data_type::bf16; }

dnnl::convolution_forward::primitive_desc describe(const memory::desc& x, const memory::desc& weight, const memory::desc& bias,
                                                   const memory::desc& y, const Window& window) {
  constexpr auto kind = dnnl::prop_kind::forward_inference;
  constexpr auto algorithm = dnnl::algorithm::convolution_direct;
  const memory::dims strides(2, window.stride);
  const memory::dims padding(2, window.size / 2);
#if DNNL_VERSION_MAJOR >= 3
  return {cpu(), kind, algorithm, x, weight, bias, y, strides, padding, padding};
#else
  return {{kind, algorithm, x, weight, bias, y, strides, padding, padding}, cpu()};
#endif
}

}  // namespace

PackedConv::PackedConv(const at::Tensor& x, const at::Tensor& weight, const Window& window)
    : input_(x.sizes().vec()),
      type_(x.scalar_type()),
      threads_(at::get_num_threads()),
      weight_(weight.detach()),  // what other memory set in its place does not follow
      version_(weight._version()),
      no_bias_(at::zeros({weight.size(0)})),
      stream_(cpu()) {
  const auto size_after = [&](std::int64_t size) { return (size + 2 * (window.size / 2) - window.size) / window.stride + 1; };
  output_ = {x.size(0), weight.size(0), size_after(x.size(2)), size_after(x.size(3))};

  const memory::dims shape = weight.sizes().vec();
  const memory::desc any(shape, type_of(type_), memory::format_tag::any);
  const memory::desc biases({weight.size(0)}, memory::data_type::f32, memory::format_tag::x);
  const auto map = [&](const std::vector<std::int64_t>& sizes) {
    return memory::desc(sizes, type_of(type_), memory::format_tag::nhwc);
  };
  const auto description = describe(map(input_), any, biases, map(output_), window);

  // In its type and channels-last, as LibTorch gives them: out of other formats oneDNN 3.7 makes false weights where it fills
  // up channels.
  const at::Tensor given = weight.to(type_).contiguous(at::MemoryFormat::ChannelsLast);
  memory plain({shape, type_of(type_), memory::format_tag::ohwi}, cpu(), given.data_ptr());
  memory packed(description.weights_desc(), cpu());
  dnnl::reorder(plain, packed).execute(stream_, plain, packed);

  convolution_ = dnnl::convolution_forward(description);
  x_ = memory(description.src_desc(), cpu(), nullptr);
  biases_ = memory(description.bias_desc(), cpu(), nullptr);
  y_ = memory(description.dst_desc(), cpu(), nullptr);
  arguments_ = {{DNNL_ARG_SRC, x_}, {DNNL_ARG_WEIGHTS, packed}, {DNNL_ARG_BIAS, biases_}, {DNNL_ARG_DST, y_}};
}

bool PackedConv::suits(const at::Tensor& x, const at::Tensor& weight) const {
  return x.sizes() == input_ && x.scalar_type() == type_ && at::get_num_threads() == threads_ &&
         weight.data_ptr() == weight_.data_ptr() && weight._version() == version_;
}

at::Tensor PackedConv::forward(const at::Tensor& x, const at::Tensor& bias) const {
  at::Tensor y = empty_map(output_, x);
  x_.set_data_handle(x.data_ptr());
  biases_.set_data_handle((bias.defined() ? bias : no_bias_).data_ptr());
  y_.set_data_handle(y.data_ptr());
  convolution_.execute(stream_, arguments_);
  return y;
}

std::optional<at::Tensor> packed_conv(std::shared_ptr<const PackedConv>& packed, const at::Tensor& x, const at::Tensor& weight,
                                      const at::Tensor& bias, const Window& window) {
  if (window.groups != 1 || c10::GradMode::is_enabled() || !fuses(x, weight)) return {};
  if (!at::globalContext().userEnabledMkldnn()) return {};
  const at::Tensor map = autocast(x);
  if (!takes(map.scalar_type())) return {};
  if (!packed || !packed->suits(map, weight)) packed = std::make_shared<const PackedConv>(map, weight, window);
  return packed->forward(map, bias);
}

}  // namespace aviary::nn

#else

#include <ATen/ops/mkldnn_convolution.h>
#include <c10/core/GradMode.h>

#include "nn/fused.hpp"

namespace aviary::nn {

std::optional<at::Tensor> packed_conv(std::shared_ptr<const PackedConv>&, const at::Tensor& x, const at::Tensor& weight,
                                      const at::Tensor& bias, const Window& window) {
  if (c10::GradMode::is_enabled() || !fuses(x, weight) || !suits_onednn(x)) return {};
  const std::int64_t padding = window.size / 2;
  return at::mkldnn_convolution(x, weight, bias, {padding, padding}, {window.stride, window.stride}, {1, 1}, window.groups);
}

}  // namespace aviary::nn

#endif
