#include "training/profile.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>
#include <limits>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include <ATen/core/Tensor.h>
#include <ATen/core/ivalue.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/ones.h>
#include <ATen/record_function.h>
#include <c10/core/GradMode.h>
#include <fmt/format.h>

#include <aviary/error.hpp>

#include "training/calibration.hpp"
#include "training/compute.hpp"
#include "training/step.hpp"
#include "training/timed.hpp"

namespace aviary::training {
namespace {

// What counts for an operation's flops.
enum class Flops { none, convolution, convolution_backward, product };

struct Named {
  std::string_view operation;
  std::string_view kind;
  Flops flops = Flops::none;
};

// An operation that is not here counts for the one that calls it: most only make views, or hand on. A batch norm's time is that
// of its activation, too.
constexpr std::string_view forward_scope = "aviary::forward";
constexpr std::string_view backward_scope = "aviary::backward";
constexpr std::string_view between_kind = "between operations";
constexpr std::string_view optimizer_kind = "optimizer";
constexpr std::string_view copies_kind = "copies and conversions";  // write one of their inputs
constexpr std::string_view elementwise_kind = "element by element";
constexpr auto operations = std::to_array<Named>({
    {forward_scope, between_kind},
    {backward_scope, between_kind},
    {"aten::convolution", "convolution", Flops::convolution},
    {"aten::mkldnn_convolution", "convolution", Flops::convolution},
    {"aten::convolution_backward", "convolution", Flops::convolution_backward},
    {"aviary::depthwise_conv", "depthwise"},
    {"aviary::depthwise_conv_backward", "depthwise, backward"},
    {"aviary::batch_norm_act", "batch norm"},
    {"aviary::batch_norm_act_backward", "batch norm, backward"},
    {"aten::native_batch_norm", "batch norm"},
    {"aten::native_batch_norm_backward", "batch norm, backward"},
    {"aviary::remake", "inputs made again"},
    {"aviary::squeeze_excite", "squeeze-excite"},
    {"aviary::squeeze_excite_backward", "squeeze-excite, backward"},
    {"aviary::activation", "activation"},
    {"aviary::activation_backward", "activation, backward"},
    {"aten::silu", "activation"},
    {"aten::silu_backward", "activation, backward"},
    {"aten::clamp", "activation"},
    {"aten::relu_", "activation"},
    {"aten::relu", "activation"},
    {"aten::gelu", "activation"},
    {"aten::gelu_backward", "activation, backward"},
    {"aten::threshold_backward", "activation, backward"},
    {"aten::addmm", "matrix product", Flops::product},
    {"aten::mm", "matrix product", Flops::product},
    {"aten::bmm", "matrix product", Flops::product},
    {"aten::native_layer_norm", "layer norm"},
    {"aten::native_layer_norm_backward", "layer norm, backward"},
    {"aviary::self_attention", "attention"},
    {"aviary::self_attention_backward", "attention, backward"},
    {"aten::_softmax", "softmax and loss"},
    {"aten::_softmax_backward_data", "softmax and loss"},
    {"aten::_log_softmax", "softmax and loss"},
    {"aten::_log_softmax_backward_data", "softmax and loss"},
    {"aten::nll_loss_forward", "softmax and loss"},
    {"aten::nll_loss_backward", "softmax and loss"},
    {"aten::max_pool2d_with_indices", "pooling"},
    {"aten::max_pool2d_with_indices_backward", "pooling"},
    {"aten::avg_pool2d", "pooling"},
    {"aten::avg_pool2d_backward", "pooling"},
    {"aten::upsample_bilinear2d", "resizing"},
    {"aten::upsample_bilinear2d_backward", "resizing"},
    {"aten::copy_", copies_kind},
    {"aten::cat", "concatenation"},
    {"aten::add", elementwise_kind},
    {"aten::add_", elementwise_kind},
    {"aten::sub", elementwise_kind},
    {"aten::mul", elementwise_kind},
    {"aten::mul_", elementwise_kind},
    {"aten::div", elementwise_kind},
    {"aten::div_", elementwise_kind},
    {"aten::sigmoid", elementwise_kind},
    {"aten::sigmoid_backward", elementwise_kind},
    {"aten::sum", elementwise_kind},
    {"aten::mean", elementwise_kind},
    {"aten::bernoulli_", elementwise_kind},
    {"aten::native_dropout", elementwise_kind},
    {"aten::native_dropout_backward", elementwise_kind},
    {"aten::fill_", elementwise_kind},
    {"aten::zero_", elementwise_kind},
});

double bytes_of(const at::Tensor& tensor) {
  if (!tensor.defined()) return 0;
  // An expanded tensor has more numbers than memory.
  return static_cast<double>(std::min(tensor.nbytes(), tensor.storage().nbytes()));
}

double total_bytes(std::span<const c10::IValue> values) {
  double bytes = 0;
  for (const c10::IValue& value : values) {
    if (value.isTensor()) bytes += bytes_of(value.toTensor());
    if (value.isTensorList())
      for (const at::Tensor& tensor : value.toTensorVector()) bytes += bytes_of(tensor);
  }
  return bytes;
}

double numel(const c10::IValue& value) { return static_cast<double>(value.toTensor().numel()); }

// Multiply-adds that a number of a convolution's result takes.
double taps(const c10::IValue& weight) { return numel(weight) / static_cast<double>(weight.toTensor().size(0)); }

double flops_before(Flops flops, c10::ArrayRef<const c10::IValue> inputs) {
  switch (flops) {
    case Flops::none:
    case Flops::convolution: return 0;
    case Flops::convolution_backward: {
      const c10::List<bool> wanted = inputs.back().toBoolList();
      return 2 * numel(inputs[0]) * taps(inputs[2]) * ((wanted.get(0) ? 1 : 0) + (wanted.get(1) ? 1 : 0));
    }
    case Flops::product: {
      const std::size_t first = inputs.size() > 2 && inputs[2].isTensor() ? 1 : 0;  // addmm's first is what is added to
      return 2 * numel(inputs[first]) * static_cast<double>(inputs[first + 1].toTensor().size(-1));
    }
  }
  return 0;
}

// "convolution 3x3"
std::string kind_of(const Named& named, c10::ArrayRef<const c10::IValue> inputs) {
  std::string kind(named.kind);
  if (named.flops != Flops::convolution && named.flops != Flops::convolution_backward) return kind;
  const bool back = named.flops == Flops::convolution_backward;
  const at::Tensor& weight = inputs[back ? 2 : 1].toTensor();
  if (weight.dim() == 4) kind += fmt::format(" {}x{}", weight.size(2), weight.size(3));
  return back ? kind + ", backward" : kind;
}

// The operations of this thread, as LibTorch tells them by functions that know nothing of us.
class Recording {
 public:
  Recording();
  Recording(const Recording&) = delete;
  Recording& operator=(const Recording&) = delete;
  ~Recording() {
    at::removeCallback(callback_);
    current_ = nullptr;
  }

  std::vector<OperationKind> kinds() && { return std::move(kinds_); }

 private:
  using Clock = std::chrono::steady_clock;

  // An operation under way.
  struct Frame : at::ObserverContext {
    std::size_t kind = 0;
    double taps = 0;  // of a convolution
    double inner_seconds = 0;
    Frame* outer = nullptr;
    bool learns = false;  // forward or backward
    bool counts = false;  // its bytes and flops: it is no part of another one of its kind
    Clock::time_point began;
  };

  static std::unique_ptr<at::ObserverContext> begin(const at::RecordFunction& function);
  static void end(const at::RecordFunction& function, at::ObserverContext* context);

  std::size_t number_of(std::string name);
  void count(const Named& named, c10::ArrayRef<const c10::IValue> inputs, Frame& frame);

  static thread_local Recording* current_;
  std::vector<OperationKind> kinds_ = {{.name = std::string(optimizer_kind)}};  // its time is what is left
  Frame* innermost_ = nullptr;
  at::CallbackHandle callback_ = 0;
};

thread_local Recording* Recording::current_ = nullptr;

Recording::Recording() {
  current_ = this;
  callback_ = at::addThreadLocalCallback(at::RecordFunctionCallback(&begin, &end).needsInputs(true).needsOutputs(true));
}

std::size_t Recording::number_of(std::string name) {
  const auto number = static_cast<std::size_t>(std::ranges::find(kinds_, name, &OperationKind::name) - kinds_.begin());
  if (number == kinds_.size()) kinds_.push_back({.name = std::move(name)});
  return number;
}

void Recording::count(const Named& named, c10::ArrayRef<const c10::IValue> inputs, Frame& frame) {
  frame.kind = number_of(kind_of(named, inputs));
  frame.counts = frame.outer == nullptr || frame.outer->kind != frame.kind;
  if (!frame.counts) return;
  OperationKind& kind = kinds_[frame.kind];
  ++kind.calls;
  kind.bytes += total_bytes({inputs.data(), inputs.size()});
  kind.flops += flops_before(named.flops, inputs);
  if (named.flops == Flops::convolution) frame.taps = taps(inputs[1]);
}

std::unique_ptr<at::ObserverContext> Recording::begin(const at::RecordFunction& function) {
  Recording& recording = *current_;
  auto frame = std::make_unique<Frame>();
  frame->outer = std::exchange(recording.innermost_, frame.get());
  const std::string_view name = function.name();
  frame->learns = name == forward_scope || name == backward_scope || (frame->outer != nullptr && frame->outer->learns);
  if (frame->outer != nullptr) frame->kind = frame->outer->kind;
  const auto found = std::ranges::find(operations, name, &Named::operation);
  if (frame->learns && found != operations.end()) recording.count(*found, function.inputs(), *frame);
  frame->began = Clock::now();
  return frame;
}

void Recording::end(const at::RecordFunction& function, at::ObserverContext* context) {
  auto& frame = static_cast<Frame&>(*context);
  const double seconds = std::chrono::duration<double>(Clock::now() - frame.began).count();
  OperationKind& kind = current_->kinds_[frame.kind];
  kind.seconds += seconds - frame.inner_seconds;
  if (frame.counts && kind.name != copies_kind) kind.bytes += total_bytes(function.outputs());
  if (frame.taps > 0) kind.flops += 2 * numel(function.outputs()[0]) * frame.taps;
  if (frame.outer != nullptr) frame.outer->inner_seconds += seconds;
  current_->innermost_ = frame.outer;
}

double least_seconds_of(const auto& action) {
  double least = std::numeric_limits<double>::infinity();
  for (int round = 0; round < 8; ++round) least = std::min(least, seconds_of(action));
  return least;
}

void measure_machine(Profile& profile, const std::string& precision) {
  const c10::AutoGradMode no_gradients(false);
  constexpr std::int64_t channels = 256;
  constexpr std::int64_t side = 32;
  constexpr std::int64_t pictures = 8;
  const at::Tensor images = at::ones({pictures, channels, side, side}).contiguous(at::MemoryFormat::ChannelsLast);
  const at::Tensor weight = at::ones({channels, channels, 3, 3}).contiguous(at::MemoryFormat::ChannelsLast);
  const Autocast autocast(precision);
  const double convolving = least_seconds_of([&] { return at::conv2d(images, weight, {}, 1, 1); });
  profile.flops_per_second = 2.0 * 9 * channels * channels * side * side * pictures / convolving;
  const at::Tensor from = at::ones({std::int64_t{64} << 20});
  const at::Tensor to = at::empty_like(from);
  profile.bytes_per_second = 2 * static_cast<double>(from.nbytes()) / least_seconds_of([&] { to.copy_(from); });
}

}  // namespace

Profile profile(Experiment& experiment, double seconds) {
  if (!compute_device().is_cpu())
    throw Error(fmt::format("a profile is of what the CPU computes, and the device is {}; take --device cpu, or let NVIDIA's "
                            "Nsight Systems look: nsys profile aviary train ...",
                            compute_device().str()),
                Fault::usage);
  constexpr int least_steps = 5;
  constexpr int warming = 3;
  const std::vector<data::Batch> batches = step_batches(experiment);
  Learner& learner = experiment.learner;
  learner.train_mode();
  Progress progress;
  progress.epochs = experiment.recipe().training.epochs;
  const auto step = [&] { return train_step(learner, batches, experiment.dataset.train, progress); };
  for (int i = 0; i < warming; ++i) step();

  Profile profile;
  measure_machine(profile, experiment.recipe().training.precision);
  int steps = 0;
  Recording recording;
  for (; steps < least_steps || profile.seconds < seconds; ++steps) {
    const Timed timed(profile.seconds);
    profile.pictures = step().pictures;
  }
  profile.kinds = std::move(recording).kinds();
  profile.kinds.front().seconds = profile.seconds;
  for (std::size_t i = 1; i < profile.kinds.size(); ++i) profile.kinds.front().seconds -= profile.kinds[i].seconds;
  profile.seconds /= steps;
  for (OperationKind& kind : profile.kinds) {
    kind.seconds /= steps;
    kind.calls /= steps;
    kind.flops /= steps;
    kind.bytes /= steps;
    kind.at_best = std::max(kind.flops / profile.flops_per_second, kind.bytes / profile.bytes_per_second);
  }
  std::ranges::sort(profile.kinds, std::greater(), &OperationKind::seconds);
  return profile;
}

}  // namespace aviary::training
