#include "training/recorded_pass.hpp"

#include <utility>

#include <aviary/error.hpp>

#include "plugins/foreign_error.hpp"
#include "training/compute.hpp"

#ifdef AVIARY_CUDA_LIBTORCH
#include <torch/version.h>
#if (TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 6)) && __has_include(<cuda_runtime_api.h>)
#define AVIARY_CUDA_GRAPHS
#include <array>
#include <exception>
#include <optional>

#include <ATen/cuda/CUDAGraph.h>
#include <ATen/ops/empty_like.h>
#include <c10/cuda/CUDAFunctions.h>
#include <c10/cuda/CUDAGuard.h>
#endif
#endif

namespace aviary::training {
namespace {

void require_recordable(const recipe::Recipe& recipe) {
  const auto refuse = [](const std::string& why) {
    throw Error("training.cuda_graph " + why + "; expected cuda_graph = false there", Fault::usage);
  };
  if (compute_device().is_cpu()) refuse("is for GPUs, and the CPU computes here");
  if (recipe.training.precision == "fp16") refuse("goes with fp32 and bf16, and training.precision is \"fp16\"");
  if (recipe.gradient.accumulate > 1) refuse("records one batch for a step, and gradient.accumulate is above 1");
#ifndef AVIARY_CUDA_GRAPHS
  refuse("needs a LibTorch from 2.6 on, and the CUDA Toolkit when aviary is built");
#endif
}

}  // namespace

#ifdef AVIARY_CUDA_GRAPHS
namespace {

// cuDNN and cuBLAS choose their algorithms, and take their memory, in passes that are not recorded.
constexpr int passes_before = 3;

using Tensors = std::array<at::Tensor, 3>;

Tensors tensors_of(const data::Batch& batch) { return {batch.images, batch.labels, batch.targets}; }

}  // namespace

struct RecordedPass::Recording {
  struct Graph {
    explicit Graph(const data::Batch& like) : batch(like) {
      for (at::Tensor* const tensor : batch.tensors()) *tensor = at::empty_like(*tensor);
    }

    data::Batch batch;  // whose memory it reads
    std::vector<at::Tensor> gradients;
    at::Tensor found;
    at::cuda::CUDAGraph graph;
  };

  Tensors shape = {};  // of the last batch
  int alike = 0;       // batches in a row that have it
  std::optional<Graph> made = {};

  static bool same_shape(const Tensors& a, const Tensors& b) {
    for (std::size_t i = 0; i < a.size(); ++i)
      if (a[i].defined() != b[i].defined() ||
          (a[i].defined() && (a[i].sizes() != b[i].sizes() || a[i].scalar_type() != b[i].scalar_type())))
        return false;
    return true;
  }

  void record(const data::Batch& batch, const std::vector<at::Tensor>& parameters, const Pass& pass) {
    made.reset();
    made.emplace(batch);
    c10::cuda::device_synchronize();
    {
      const c10::cuda::CUDAStreamGuard aside(c10::cuda::getStreamFromPool());
      // Of this thread alone: those that load pictures may take memory meanwhile.
      made->graph.capture_begin({0, 0}, cudaStreamCaptureModeThreadLocal);
      std::exception_ptr failure;
      try {
        made->found = pass(made->batch);
      } catch (...) {
        failure = std::current_exception();
      }
      try {
        made->graph.capture_end();
      } catch (...) {
        if (!failure) failure = std::current_exception();
      }
      if (failure) std::rethrow_exception(failure);
    }
    for (const at::Tensor& parameter : parameters) made->gradients.push_back(parameter.grad());
  }

  at::Tensor replay(const data::Batch& batch, const std::vector<at::Tensor>& parameters) {
    const Tensors from = tensors_of(batch);
    const Tensors into = tensors_of(made->batch);
    for (std::size_t i = 0; i < from.size(); ++i)
      if (from[i].defined()) into[i].copy_(from[i], true);
    made->graph.replay();
    for (std::size_t i = 0; i < parameters.size(); ++i) parameters[i].mutable_grad() = made->gradients[i];
    return made->found;
  }
};

at::Tensor RecordedPass::run(const data::Batch& batch, const std::vector<at::Tensor>& parameters, const Pass& pass) {
  if (!wanted_) return pass(batch);
  Recording& own = *recording_;
  const Tensors shape = tensors_of(batch);
  if (own.made && Recording::same_shape(shape, tensors_of(own.made->batch))) return own.replay(batch, parameters);
  own.alike = Recording::same_shape(shape, own.shape) ? own.alike + 1 : 1;
  own.shape = shape;
  if (own.alike <= passes_before) return pass(batch);
  own.shape = {};
  const auto refuse = [](const std::string& why, const std::string& detail) {
    throw Error("training.cuda_graph: the model's pass cannot be recorded (" + why +
                    "); one that reads numbers back from the GPU cannot: expected cuda_graph = false with it",
                Fault::work, detail);
  };
  try {
    own.record(batch, parameters, pass);
  } catch (const Error& error) {
    refuse(error.what(), error.detail());
  } catch (...) {
    const plugins::ForeignError error = plugins::describe_exception_in_flight();
    refuse(error.summary, error.detail);
  }
  return own.replay(batch, parameters);
}
#else
struct RecordedPass::Recording {};

at::Tensor RecordedPass::run(const data::Batch& batch, const std::vector<at::Tensor>&, const Pass& pass) { return pass(batch); }
#endif

RecordedPass::RecordedPass(const recipe::Recipe& recipe)
    : wanted_(recipe.training.cuda_graph), recording_(wanted_ ? std::make_unique<Recording>() : nullptr) {
  if (wanted_) require_recordable(recipe);
}

RecordedPass::~RecordedPass() = default;

}  // namespace aviary::training
