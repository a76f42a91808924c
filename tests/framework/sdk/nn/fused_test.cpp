// What layers compute by their own kernels, against LibTorch's operations in float64.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <hwy/targets.h>
#include <torch/csrc/autograd/function.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <aviary/nn/blocks.hpp>

namespace {

namespace nn = aviary::nn;
using nn::Activation;
using nn::Window;

at::Tensor map_of(const std::vector<std::int64_t>& shape, at::ScalarType type) {
  return torch::randn(shape).to(type).contiguous(at::MemoryFormat::ChannelsLast);
}

// A result and the gradients of its product with `weights`.
std::vector<at::Tensor> results(const at::Tensor& y, const at::Tensor& weights, const std::vector<at::Tensor>& inputs) {
  for (const at::Tensor& input : inputs) input.mutable_grad() = at::Tensor();
  (y * weights.to(y.scalar_type())).sum().backward();
  std::vector<at::Tensor> all{y.detach()};
  for (const at::Tensor& input : inputs) all.push_back(input.grad());
  return all;
}

void expect_near(const std::vector<at::Tensor>& found, const std::vector<at::Tensor>& expected, double tolerance,
                 const std::string& what) {
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    // A bias before a norm has no gradient.
    const double scale = std::max(0.1, expected[i].abs().max().item<double>());
    const double difference = (found[i].to(torch::kFloat64) - expected[i]).abs().max().item<double>();
    EXPECT_LE(difference, tolerance * scale) << what << ", result " << i << " of size " << scale;
  }
}

at::Tensor twin(const at::Tensor& tensor) { return tensor.detach().to(torch::kFloat64).requires_grad_(); }

// In turns with every instruction set that this processor has.
struct Fused : testing::TestWithParam<std::int64_t> {
  Fused() {
    hwy::SetSupportedTargetsForTest(GetParam());
    torch::manual_seed(1);
  }
  ~Fused() override { hwy::SetSupportedTargetsForTest(0); }
};

std::vector<std::int64_t> targets() {
  std::vector<std::int64_t> each;
  const std::int64_t all = hwy::SupportedTargets();
  for (std::int64_t bits = all; bits != 0; bits &= bits - 1) each.push_back(bits & -bits);
  return each;
}

INSTANTIATE_TEST_SUITE_P(Targets, Fused, testing::ValuesIn(targets()),
                         [](const auto& target) { return std::string(hwy::TargetName(target.param)); });

TEST_P(Fused, DepthwiseConvolution) {
  struct Case {
    std::int64_t channels, height, width, size, stride;
  };
  for (const Case& c : {Case{1, 5, 6, 3, 1}, {3, 7, 9, 3, 2},    {8, 1, 1, 5, 1},  {16, 8, 8, 5, 2},   {17, 9, 6, 7, 1},
                        {47, 4, 13, 3, 1},   {31, 12, 11, 5, 2}, {40, 2, 3, 7, 3}, {5, 6, 6, 4, 2},    {6, 1, 9, 3, 2},
                        {40, 9, 12, 3, 1},   {3, 5, 7, 5, 1},    {40, 6, 8, 5, 1}, {72, 13, 15, 5, 2}, {33, 16, 18, 3, 2},
                        {17, 8, 13, 7, 2},   {65, 3, 5, 1, 1},   {1, 2, 9, 2, 1},  {300, 4, 5, 3, 1},  {9, 5, 7, 1, 3}})
    for (const at::ScalarType type : {torch::kFloat32, torch::kBFloat16}) {
      nn::Conv2d conv(c.channels, c.channels, {.size = c.size, .stride = c.stride, .groups = c.channels});
      const at::Tensor x = map_of({2, c.channels, c.height, c.width}, type).requires_grad_();
      const at::Tensor y = conv.forward(x);
      const at::Tensor exact_x = twin(x);
      const at::Tensor exact_weight = twin(conv.weight);
      const at::Tensor exact = at::conv2d(exact_x, exact_weight, {}, c.stride, c.size / 2, 1, c.channels);
      ASSERT_EQ(y.sizes(), exact.sizes());
      EXPECT_EQ(y.scalar_type(), type);
      EXPECT_NE(y.grad_fn()->name().find("DepthwiseConv"), std::string::npos) << y.grad_fn()->name();
      const at::Tensor weights = map_of(exact.sizes().vec(), type);
      expect_near(results(y, weights, {x, conv.weight}), results(exact, weights, {exact_x, exact_weight}),
                  type == torch::kFloat32 ? 1e-5 : 1e-2,
                  fmt::format("{} channels, {} x {}, size {}, stride {}", c.channels, c.height, c.width, c.size, c.stride));
    }
}

at::Tensor exactly_activated(const at::Tensor& x, Activation activation) {
  switch (activation) {
    case Activation::none: return x;
    case Activation::relu: return x.relu();
    case Activation::relu6: return x.clamp(0, 6);
    case Activation::silu: return at::silu(x);
  }
  return x;
}

TEST_P(Fused, BatchNormAndActivation) {
  struct Case {
    std::int64_t pictures, channels, height, width;
  };
  for (const Case& c : {Case{5, 1, 1, 1}, {3, 5, 2, 1}, {2, 16, 3, 5}, {4, 33, 17, 19}, {1, 29, 40, 41}})
    for (const Activation activation : {Activation::none, Activation::relu, Activation::relu6, Activation::silu})
      for (const at::ScalarType type : {torch::kFloat32, torch::kBFloat16}) {
        nn::BatchNorm2d norm(c.channels, activation);
        {
          const torch::NoGradGuard no_gradients;
          norm.weight.normal_(1, 1);
          norm.bias.normal_(0, 2);
        }
        // Far from zero, where squares of float32 numbers alone would lose the variance.
        at::Tensor x = map_of({c.pictures, c.channels, c.height, c.width}, torch::kFloat32);
        x = (x * 3 + torch::randn({1, c.channels, 1, 1}) * (type == torch::kFloat32 ? 100 : 1)).to(type).requires_grad_();
        const at::Tensor exact_x = twin(x);
        const at::Tensor exact_weight = twin(norm.weight);
        const at::Tensor exact_bias = twin(norm.bias);
        const at::Tensor mean = torch::zeros({c.channels}, torch::kFloat64);
        const at::Tensor variance = torch::ones({c.channels}, torch::kFloat64);
        const at::Tensor y = norm.forward(x);
        const at::Tensor exact = exactly_activated(
            at::batch_norm(exact_x, exact_weight, exact_bias, mean, variance, true, 0.1, 1e-5, true), activation);
        EXPECT_EQ(y.scalar_type(), type);
        EXPECT_NE(y.grad_fn()->name().find("BatchNormAct"), std::string::npos) << y.grad_fn()->name();
        const at::Tensor weights = map_of(exact.sizes().vec(), type);
        const std::string what =
            fmt::format("{} x {} x {} x {}, activation {}", c.pictures, c.channels, c.height, c.width, int(activation));
        expect_near(results(y, weights, {x, norm.weight, norm.bias}),
                    results(exact, weights, {exact_x, exact_weight, exact_bias}), type == torch::kFloat32 ? 1e-4 : 3e-2, what);
        expect_near({norm.named_buffers()["running_mean"], norm.named_buffers()["running_var"]}, {mean, variance}, 1e-5, what);

        norm.eval();
        const torch::NoGradGuard no_gradients;
        const at::Tensor rested = exactly_activated(
            at::batch_norm(exact_x, exact_weight, exact_bias, mean, variance, false, 0.1, 1e-5, true), activation);
        expect_near({norm.forward(x)}, {rested}, type == torch::kFloat32 ? 1e-5 : 1e-2, what);
      }
}

TEST_P(Fused, ActivationAlone) {
  for (const std::vector<std::int64_t>& shape : {std::vector<std::int64_t>{7}, {3, 5, 1024}, {2, 3, 50, 41}})
    for (const Activation activation : {Activation::relu6, Activation::silu})
      for (const at::ScalarType type : {torch::kFloat32, torch::kBFloat16}) {
        const at::Tensor x = (torch::randn(shape) * 4).to(type).requires_grad_();
        const at::Tensor y = nn::activate(x, activation);
        const at::Tensor exact_x = twin(x);
        const at::Tensor exact = exactly_activated(exact_x, activation);
        EXPECT_NE(y.grad_fn()->name().find("Activated"), std::string::npos) << y.grad_fn()->name();
        // Of another layout than x.
        const at::Tensor weights = torch::randn(shape).transpose(0, -1).contiguous().transpose(0, -1).to(type);
        expect_near(results(y, weights, {x}), results(exact, weights, {exact_x}), type == torch::kFloat32 ? 1e-5 : 1e-2,
                    fmt::format("{} dimensions, activation {}", shape.size(), int(activation)));
      }
}

TEST_P(Fused, HidesNoNumberThatIsNone) {
  for (const Activation activation : {Activation::none, Activation::relu, Activation::relu6, Activation::silu}) {
    nn::BatchNorm2d norm(3, activation);
    norm.eval();
    at::Tensor x = map_of({1, 3, 2, 2}, torch::kFloat32);
    x[0][1][1][0] = NAN;
    const torch::NoGradGuard no_gradients;
    EXPECT_TRUE(at::equal(norm.forward(x).isnan(), x.isnan())) << int(activation);
  }
}

TEST_P(Fused, SqueezeAndExcitation) {
  struct Case {
    std::int64_t pictures, channels, height, width;
  };
  for (const nn::SqueezeExcite::Style& style : {nn::SqueezeExcite::efficientnet, nn::SqueezeExcite::rexnet})
    for (const Case& c : {Case{4, 3, 1, 1}, {3, 33, 5, 7}, {8, 16, 13, 11}})
      for (const at::ScalarType type : {torch::kFloat32, torch::kBFloat16}) {
        nn::SqueezeExcite layer(c.channels, 5, style);
        nn::SqueezeExcite exact_layer(c.channels, 5, style);
        exact_layer.to(torch::kFloat64);
        std::vector<at::Tensor> parameters = layer.parameters();
        std::vector<at::Tensor> exact_parameters = exact_layer.parameters();
        for (std::size_t i = 0; i < parameters.size(); ++i) {
          const torch::NoGradGuard no_gradients;
          parameters[i].normal_(0, 0.5);
          exact_parameters[i].copy_(parameters[i]);
        }
        const at::Tensor x = map_of({c.pictures, c.channels, c.height, c.width}, type).requires_grad_();
        const at::Tensor exact_x = twin(x);
        const at::Tensor y = layer.forward(x);
        const at::Tensor exact = exact_layer.forward(exact_x);
        EXPECT_EQ(y.scalar_type(), type);
        EXPECT_NE(y.grad_fn()->name().find("Excite"), std::string::npos) << y.grad_fn()->name();
        const at::Tensor weights = map_of(exact.sizes().vec(), type);
        parameters.push_back(x);
        exact_parameters.push_back(exact_x);
        expect_near(results(y, weights, parameters), results(exact, weights, exact_parameters),
                    type == torch::kFloat32 ? 1e-4 : 3e-2,
                    fmt::format("{}, {} x {} x {} x {}", style.reduce, c.pictures, c.channels, c.height, c.width));
      }
}

TEST_P(Fused, ConvolutionRemakesItsInputWhereThatCostsLittle) {
  struct Case {
    std::int64_t channels, out, size, stride, groups;
  };
  for (const bool excites : {false, true})
    for (const Activation activation : {Activation::none, Activation::relu, Activation::relu6, Activation::silu})
      for (const Case& c : {Case{8, 12, 1, 1, 1}, {12, 8, 3, 2, 1}, {16, 16, 3, 1, 2}})
        for (const at::ScalarType type : {torch::kFloat32, torch::kBFloat16}) {
          if (type == torch::kBFloat16 && activation == Activation::silu) continue;  // autocast's, which LibTorch's own needs
          const auto network = [&](at::ScalarType numbers) {
            torch::manual_seed(5);
            const auto layers = std::make_shared<nn::Sequence>();
            if (excites)
              layers->append<nn::SqueezeExcite>(
                  c.channels, 4, nn::SqueezeExcite::Style{"reduce", "expand", false, Activation::silu, activation});
            else
              layers->append<nn::BatchNorm2d>(c.channels, activation);
            const Window window{.size = c.size, .stride = c.stride, .groups = c.groups};
            const auto conv = layers->append<nn::Conv2d>(c.channels, c.out, window);
            layers->to(numbers);
            return std::pair(layers, conv);
          };
          const auto [layers, conv] = network(torch::kFloat32);
          const auto [exact_layers, exact_conv] = network(torch::kFloat64);
          std::vector<at::Tensor> inputs = layers->parameters();
          std::vector<at::Tensor> exact_inputs = exact_layers->parameters();
          inputs.push_back((map_of({3, c.channels, 7, 9}, type) * 3).requires_grad_());
          exact_inputs.push_back(twin(inputs.back()));
          const std::string what =
              fmt::format("{}, activation {}, size {}", excites ? "excitation" : "norm", int(activation), c.size);
          const at::Tensor between = std::dynamic_pointer_cast<nn::Layer>(layers->children()[0])->forward(inputs.back());
          const at::Tensor y = conv->forward(between);
          EXPECT_EQ(between.use_count() == 1, activation != Activation::silu) << what;
          const at::Tensor exact = exact_layers->forward(exact_inputs.back());
          const at::Tensor weights = map_of(exact.sizes().vec(), type);
          expect_near(results(y, weights, inputs), results(exact, weights, exact_inputs), type == torch::kFloat32 ? 1e-4 : 3e-2,
                      what);
        }
}

TEST_P(Fused, Attention) {
  struct Case {
    std::int64_t sequences, length, heads, width;
  };
  for (const Case& c : {Case{1, 1, 1, 1}, {2, 5, 3, 7}, {3, 33, 2, 24}, {2, 49, 4, 30}, {1, 100, 1, 65}})
    for (const at::ScalarType type : {torch::kFloat32, torch::kBFloat16}) {
      const at::Tensor qkv = torch::randn({c.sequences, c.length, 3 * c.heads * c.width}).mul(2).to(type).requires_grad_();
      const at::Tensor exact_qkv = twin(qkv);
      const at::Tensor y = nn::self_attention(qkv, c.heads);
      const at::Tensor exact = nn::self_attention(exact_qkv, c.heads);
      EXPECT_EQ(y.scalar_type(), type);
      EXPECT_NE(y.grad_fn()->name().find("SelfAttention"), std::string::npos) << y.grad_fn()->name();
      EXPECT_EQ(exact.grad_fn()->name().find("SelfAttention"), std::string::npos);
      const at::Tensor weights = torch::randn(exact.sizes()).to(type);
      expect_near(results(y, weights, {qkv}), results(exact, weights, {exact_qkv}), type == torch::kFloat32 ? 1e-5 : 1e-2,
                  fmt::format("{} x {} x {} x {}", c.sequences, c.length, c.heads, c.width));
    }
}

TEST_P(Fused, AttentionHidesNoNumberThatIsNone) {
  at::Tensor qkv = torch::randn({2, 20, 12});
  qkv[1][7][6] = NAN;  // a key of the second sequence's second head
  const at::Tensor found = nn::self_attention(qkv, 2).isnan().view({2, 20, 2, 2});
  EXPECT_EQ(found.sum().item<std::int64_t>(), 20 * 2);
  EXPECT_TRUE(found[1].select(1, 1).all().item<bool>());
}

TEST_P(Fused, HasTheSameBitsWithAnyNumberOfThreads) {
  const auto compute = [](int threads) {
    torch::manual_seed(3);
    at::set_num_threads(threads);
    nn::Conv2d conv(24, 24, {.size = 5, .groups = 24});
    nn::BatchNorm2d norm(24, Activation::silu);
    const at::Tensor x = map_of({3, 24, 33, 21}, torch::kFloat32).requires_grad_();
    const at::Tensor y = norm.forward(conv.forward(x));
    const at::Tensor weights = map_of(y.sizes().vec(), torch::kFloat32);
    return results(y, weights, {x, conv.weight, norm.weight, norm.bias});
  };
  const int before = at::get_num_threads();
  const auto one = compute(1);
  const auto three = compute(3);
  at::set_num_threads(before);
  for (std::size_t i = 0; i < one.size(); ++i) EXPECT_TRUE(at::equal(one[i], three[i])) << i;
}

TEST(FusedLayers, LeaveOtherMemoryFormatsToLibTorch) {
  nn::BatchNorm2d norm(4);
  const at::Tensor x = torch::randn({2, 4, 5, 5});
  EXPECT_EQ(norm.forward(x).grad_fn()->name().find("BatchNormAct"), std::string::npos);
}

}  // namespace
