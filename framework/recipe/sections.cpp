#include "recipe/sections.hpp"

#include <charconv>
#include <string_view>
#include <system_error>

#include "recipe/duration.hpp"

namespace aviary::recipe {
namespace {

const std::vector<std::string> metrics = {"validation.top1", "validation.loss", "train.top1",
                                          "train.loss",      "ema.top1",        "ema.loss"};

}  // namespace

void Data::declare(ParamList<Data>& list) {
  list.add("format", &Data::format, "how the data is stored").one_of({"image_folder", "csv", "idx"});
  list.add("path", &Data::path, "the data's folder (csv: the .csv file or its folder)").required();
  list.add("classes", &Data::classes, "outputs of the model; the data may have fewer classes (default: as many as it has)")
      .at_least(2);
  list.add("class_names", &Data::class_names, "the classes in the order of the outputs (default: sorted by name)");
  list.add("image_size", &Data::image_size, "height and width that pictures are resized to")
      .at_least(1)
      .at_most(4096)
      .usual("224");
  list.add("load_size", &Data::load_size,
           "height and width of training pictures before they are augmented (default: image_size)")
      .at_least(1)
      .at_most(8192);
  list.add("resize", &Data::resize,
           "how pixels are averaged when resizing: OpenCV's area and linear, or antialias as Pillow does")
      .one_of({"area", "linear", "antialias"});
  list.add("mean", &Data::mean, "subtracted from red, green and blue, of values in 0..1").size(3).each_within(0, 1);
  list.add("std", &Data::std, "divides red, green and blue, of values in 0..1").size(3).above(0);
  list.add("batch_size", &Data::batch_size, "pictures per training step, in each process").at_least(1).at_most(65536);
  list.add("validation_fraction", &Data::validation_fraction,
           "cut this share of every class off the training part for validation, in place of the data's own validation part")
      .at_least(0)
      .below(1)
      .usual("0.05");
  list.add("fraction", &Data::fraction, "train with this share of every class of the training part").above(0).at_most(1);
  list.add("folds", &Data::folds, "cut the training part into so many, class by class, and validate on one of them")
      .at_least(2);
  list.add("fold", &Data::fold, "which of them, from 0").at_least(0);
  list.add("sampling", &Data::sampling, "the order of an epoch: all pictures shuffled, or classes drawn equally often")
      .one_of({"shuffle", "balanced"});
  list.add("epoch_fraction", &Data::epoch_fraction, "share of the training pictures that an epoch sees, others in the next")
      .above(0)
      .at_most(1);
  list.add("cache", &Data::cache,
           "where decoded pictures are kept (default: in memory, where they fit into half of what is free)")
      .one_of({"none", "memory", "disk"});
  list.add("on_bad_image", &Data::on_bad_image, "when a picture cannot be decoded: leave it out, or stop")
      .one_of({"skip", "stop"});
  list.add("fold_augment", &Data::fold_augment, "join neighbouring augmentations into one table or one warp");
  list.add("augment_on", &Data::augment_on, "what augments: the loader's threads, or a GPU, as far as it can")
      .one_of({"cpu", "device"});
  list.add("decode_on", &Data::decode_on, "what decodes JPEGs: the loader's threads, or a GPU").one_of({"cpu", "device"});
  list.rule(
      "fold", [](const Data& data) { return data.fold < data.folds.value_or(1); }, "is not below data.folds");
  list.rule(
      "folds", [](const Data& data) { return !data.folds || data.validation_fraction == 0; },
      "and data.validation_fraction exclude each other");
}

void Start::declare(ParamList<Start>& list) {
  list.add("weights", &Start::weights,
           "what to start from: a run, one of its checkpoints, or a .safetensors, .pt or .pth file");
  list.add("freeze", &Start::freeze, "layers or parameters, by name or pattern, that stay as they are");
}

void Decay::declare(ParamList<Decay>& list) {
  list.add("no_decay", &Decay::no_decay, "parameters that weight decay leaves out").one_of({"norm", "bias", "classifier"});
}

void PhaseSettings::declare(ParamList<PhaseSettings>& list) {
  list.add("epochs", &PhaseSettings::epochs, "how many the phase has; the last one may leave it out, and takes the rest")
      .at_least(1)
      .at_most(1'000'000);
  list.add("epoch_fraction", &PhaseSettings::epoch_fraction,
           "share of the training pictures that an epoch sees (default: data.epoch_fraction)")
      .above(0)
      .at_most(1);
  list.add("pattern", &PhaseSettings::pattern, "plain (P) and augmented (A) epochs in turn, again and again: \"PAAA\"");
  list.rule(
      "pattern",
      [](const PhaseSettings& phase) {
        return !phase.pattern || (!phase.pattern->empty() && phase.pattern->find_first_not_of("PA") == std::string::npos);
      },
      "is not a sequence of plain (P) and augmented (A) epochs, such as \"PAAA\"");
}

void Training::declare(ParamList<Training>& list) {
  list.add("epochs", &Training::epochs, "passes over the training data").at_least(1).at_most(1'000'000);
  list.add("seed", &Training::seed, "start of every random draw").at_least(0);
  list.add("precision", &Training::precision,
           "of convolutions and linear layers in training; weights stay fp32; fp16: on GPUs, with scaled gradients; auto: the "
           "fastest one, found by a trial when a run is created")
      .one_of({"fp32", "bf16", "fp16", "auto"});
  list.add("deterministic", &Training::deterministic,
           "on a GPU: the same bits at every run, more slowly; on the CPU they are always the same");
  list.add("cuda_graph", &Training::cuda_graph,
           "on a GPU: forward and backward pass are recorded once and replayed, which small models gain by");
  list.add("metric", &Training::metric, "the score that names the best checkpoint").one_of(metrics);
  list.add("stop_after", &Training::stop_after,
           "save and end before the program has run so long: \"8h30m\"; or after \"epoch 10\"");
  list.add("batch_norm", &Training::batch_norm,
           "where several processes train together, what batch norms normalise by: each process's part of the batch, or all of "
           "it")
      .one_of({"process", "synchronized"});
  list.rule(
      "stop_after", [](const Training& training) { return !training.stop_after || session_limit(*training.stop_after); },
      std::string("is no limit of a session; expected one ") + session_limit_examples);
}

void Loss::declare(ParamList<Loss>& list) {
  list.add("type", &Loss::type, "cross-entropy, or the focal loss, to which what is right already counts less")
      .one_of({"cross_entropy", "focal"});
  list.add("gamma", &Loss::gamma, "focal: how much less").at_least(0).at_most(10).usual("2");
  list.add("label_smoothing", &Loss::label_smoothing, "share of the target spread over all classes")
      .at_least(0)
      .below(1)
      .usual("0.1");
  list.add("class_weights", &Loss::class_weights, "a factor for each class, in the order of the outputs").at_least(0);
  list.add("balanced", &Loss::balanced, "weigh classes by the inverse of their training pictures");
  list.rule(
      "class_weights", [](const Loss& loss) { return !loss.balanced || !loss.class_weights; },
      "and loss.balanced exclude each other");
}

void Gradient::declare(ParamList<Gradient>& list) {
  list.add("accumulate", &Gradient::accumulate, "batches whose gradients make one step").at_least(1).at_most(65536);
  list.add("clip_norm", &Gradient::clip_norm, "the most that the norm of all gradients may be").above(0).usual("1");
  list.add("clip_value", &Gradient::clip_value, "the most that a number of a gradient may be").above(0);
  list.rule(
      "clip_value", [](const Gradient& gradient) { return !gradient.clip_norm || !gradient.clip_value; },
      "and gradient.clip_norm exclude each other");
}

void Ema::declare(ParamList<Ema>& list) {
  list.add("decay", &Ema::decay, "share of the average that a step keeps").at_least(0).below(1).usual("0.999 to 0.9999");
  list.add("warmup", &Ema::warmup, "keep at most (1 + n) / (10 + n) after n steps, so that the start is soon forgotten");
}

void Swa::declare(ParamList<Swa>& list) {
  list.add("epochs", &Swa::epochs, "average the weights after each of so many last epochs").at_least(1).required();
}

void EarlyStopping::declare(ParamList<EarlyStopping>& list) {
  list.add("metric", &EarlyStopping::metric, "the score that is watched (default: training.metric)").one_of(metrics);
  list.add("patience", &EarlyStopping::patience, "epochs without improvement after which the training ends").at_least(1);
  list.add("min_delta", &EarlyStopping::min_delta, "what counts as an improvement").at_least(0);
}

void Checkpoint::declare(ParamList<Checkpoint>& list) {
  list.add("keep", &Checkpoint::keep, "how many of the last epochs' checkpoints stay, beside the best").at_least(1);
  list.add("every", &Checkpoint::every, "when to save: after each epoch, and within it after some batches or some time");
  list.rule(
      "every", [](const Checkpoint& checkpoint) { return save_interval(checkpoint.every).has_value(); },
      std::string(R"(is not "epoch", a number of batches such as "500 batches", or a time )") + duration_examples);
}

std::optional<SaveInterval> save_interval(const std::string& every) {
  if (every == "epoch") return SaveInterval{};
  if (const auto time = duration(every)) return SaveInterval{.time = *time};
  std::int64_t batches = 0;
  const auto [after, error] = std::from_chars(every.data(), every.data() + every.size(), batches);
  if (error == std::errc() && batches > 0 && std::string_view(after) == " batches") return SaveInterval{.batches = batches};
  return std::nullopt;
}

void Log::declare(ParamList<Log>& list) {
  list.add("tensorboard", &Log::tensorboard, "write event files that TensorBoard opens, into the run folder's tensorboard/");
}

void Limits::declare(ParamList<Limits>& list) {
  list.add("parameters", &Limits::parameters, "most parameters that the model may have").at_least(1);
  list.add("epochs", &Limits::epochs, "most epochs that the training may have").at_least(1);
}

void Provenance::declare(ParamList<Provenance>& list) {
  list.add("deck", &Provenance::deck, "the slide that this recipe replays");
  list.add("assumed", &Provenance::assumed, "values that the source does not give, each with the reason");
}

void Published::declare(ParamList<Published>& list) {
  list.add("train", &Published::train, "training accuracy").at_least(0).at_most(1);
  list.add("validation", &Published::validation, "validation accuracy").at_least(0).at_most(1);
  list.add("test", &Published::test, "test accuracy").at_least(0).at_most(1);
  list.add("kaggle", &Published::kaggle, "accuracy on Kaggle's leaderboard").at_least(0).at_most(1);
}

}  // namespace aviary::recipe
