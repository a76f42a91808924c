// A small convolutional network. Every stage is a 3x3 convolution with stride 2, a batch normalisation and a ReLU: it halves the
// picture and doubles the channels. The mean over what is left of the picture goes into a linear layer.
#include <cstdint>
#include <memory>
#include <string>

#include <aviary/model.hpp>
#include <aviary/nn/blocks.hpp>

namespace {

namespace nn = aviary::nn;

struct Params {
  std::int64_t width = 16;
  std::int64_t stages = 3;
  double dropout = 0;

  static void declare(aviary::ParamList<Params>& list) {
    list.add("width", &Params::width, "channels of the first stage").at_least(1).at_most(1024).usual("16");
    list.add("stages", &Params::stages, "how often the picture is halved").at_least(1).at_most(8).usual("3");
    list.add("dropout", &Params::dropout, "share of the features dropped before the classifier").at_least(0).below(1);
  }
};

class @Name@ final : public aviary::Model {
 public:
  @Name@(const Params& params, const aviary::ModelContext& context) : stages_(nn::add<nn::Sequence>(*this, "stages")) {
    std::int64_t in = context.channels;
    for (std::int64_t number = 0; number < params.stages; ++number) {
      const std::int64_t out = params.width << number;
      stages_->append<nn::ConvNormAct>(in, out, nn::Window{.size = 3, .stride = 2}, nn::Activation::relu);
      in = out;
    }
    head_ = nn::add<nn::ClassifierHead>(*this, "head", in, context.classes, params.dropout);
  }

  at::Tensor forward(const at::Tensor& images) override { return head_->forward(stages_->forward(images)); }

  std::string classifier() const override { return "head.fc"; }

 private:
  std::shared_ptr<nn::Sequence> stages_;
  std::shared_ptr<nn::ClassifierHead> head_;
};

}  // namespace

AVIARY_MODEL("@name@", @Name@, Params, "A small convolutional network")
