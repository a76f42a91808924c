// A model whose number of parameters is easy to foresee: 30 in the head at 10 classes, and depth * (1000 scale + sum of
// widths), but 30 less where scale is a multiple of 0.1, as rounded channels dip. It refuses scales between 0.5 and 0.6.
#include <aviary/model.hpp>

#include <cmath>
#include <cstdint>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include <ATen/ops/linear.h>
#include <ATen/ops/zeros.h>

#include <aviary/error.hpp>

namespace {

struct Params {
  double scale = 1;
  double dropout = 0;
  std::int64_t depth = 1;
  std::vector<std::int64_t> widths = {0, 0};
  std::optional<std::int64_t> base;

  static void declare(aviary::ParamList<Params>& list) {
    list.add("scale", &Params::scale, "thousands of parameters").at_least(0).at_most(4);
    list.add("dropout", &Params::dropout, "changes nothing").at_least(0).below(1);
    list.add("depth", &Params::depth, "a factor").at_least(1);
    list.add("widths", &Params::widths, "summed up").each_within(0, 100000);
    list.add("base", &Params::base, "has no default");
  }
};

struct Budget final : aviary::Model {
  Budget(const Params& params, const aviary::ModelContext& context) {
    if (params.scale > 0.5 && params.scale < 0.6) throw aviary::Error("scale lies between 0.5 and 0.6", aviary::Fault::usage);
    const std::int64_t hundredths = std::llround(100 * params.scale);
    const std::int64_t dip = hundredths > 0 && hundredths % 10 == 0 ? 30 : 0;
    const std::int64_t widths = std::accumulate(params.widths.begin(), params.widths.end(), std::int64_t{0});
    register_parameter("body", at::zeros({params.depth * (10 * hundredths - dip + widths)}));
    head = register_module("head", std::make_shared<torch::nn::Module>())
               ->register_parameter("weight", at::zeros({context.classes, context.channels}));
  }

  at::Tensor forward(const at::Tensor& images) override { return at::linear(images.mean({2, 3}), head); }
  std::string classifier() const override { return "head"; }

  at::Tensor head;
};

}  // namespace

AVIARY_MODEL("budget", Budget, Params, "A number of parameters")
