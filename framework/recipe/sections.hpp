// The tables of a recipe that are the host's own, each a struct of settings. What [model], [optimizer], [scheduler] and
// [[augment]] hold is declared by the plugins.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <aviary/params.hpp>

namespace aviary::recipe {

/// [data]
struct Data {
  std::string format = "image_folder";
  std::string path;
  std::optional<std::int64_t> classes;
  std::vector<std::string> class_names;
  std::int64_t image_size = 224;
  std::optional<std::int64_t> load_size;
  std::string resize = "area";
  std::vector<double> mean = {0.485, 0.456, 0.406};
  std::vector<double> std = {0.229, 0.224, 0.225};
  std::int64_t batch_size = 32;
  double validation_fraction = 0;
  std::string on_bad_image = "skip";
  double fraction = 1;
  std::optional<std::int64_t> folds;
  std::int64_t fold = 0;
  std::string sampling = "shuffle";
  double epoch_fraction = 1;
  std::optional<std::string> cache;
  bool fold_augment = true;
  std::string augment_on = "cpu";
  std::string decode_on = "cpu";

  static void declare(ParamList<Data>& list);
};

/// What [model] holds beside the plugin's settings: what the training starts from, and what of it is trained.
struct Start {
  std::optional<std::string> weights;
  std::optional<std::vector<std::string>> freeze;
  std::vector<std::pair<std::string, double>> lr_factors;  ///< by pattern of parameter names, in the recipe's order

  static void declare(ParamList<Start>& list);  // without lr_factors, whose keys are free
};

/// What [optimizer] holds beside the plugin's settings.
struct Decay {
  std::vector<std::string> no_decay;

  static void declare(ParamList<Decay>& list);
};

/// What a [[curriculum]] holds beside `augment`.
struct PhaseSettings {
  std::optional<std::int64_t> epochs;
  std::optional<double> epoch_fraction;
  std::optional<std::string> pattern;

  static void declare(ParamList<PhaseSettings>& list);
};

/// [training]
struct Training {
  std::int64_t epochs = 50;
  std::int64_t seed = 0;
  std::string precision = "fp32";
  bool deterministic = false;
  bool cuda_graph = false;
  std::string metric = "validation.top1";
  std::optional<std::string> stop_after;  ///< a session_limit()
  std::string batch_norm = "process";

  static void declare(ParamList<Training>& list);
};

/// Of a score that training.metric names.
inline bool smaller_is_better(const std::string& metric) { return metric.ends_with("loss"); }

/// [loss]
struct Loss {
  std::string type = "cross_entropy";
  double gamma = 2;
  double label_smoothing = 0;
  std::optional<std::vector<double>> class_weights;
  bool balanced = false;

  static void declare(ParamList<Loss>& list);
};

/// [gradient]
struct Gradient {
  std::int64_t accumulate = 1;
  std::optional<double> clip_norm;
  std::optional<double> clip_value;

  static void declare(ParamList<Gradient>& list);
};

/// [ema]: an exponential moving average of the weights, which is evaluated and saved beside them.
struct Ema {
  double decay = 0.999;
  bool warmup = true;

  static void declare(ParamList<Ema>& list);
};

/// [swa]: stochastic weight averaging over the last epochs.
struct Swa {
  std::int64_t epochs = 1;

  static void declare(ParamList<Swa>& list);
};

/// [early_stopping]
struct EarlyStopping {
  std::optional<std::string> metric;
  std::int64_t patience = 10;
  double min_delta = 0;

  static void declare(ParamList<EarlyStopping>& list);
};

/// [checkpoint]
struct Checkpoint {
  std::int64_t keep = 3;
  std::string every = "epoch";

  static void declare(ParamList<Checkpoint>& list);
};

/// After how much of an epoch its training is saved; at 0 it is not. What an epoch ends with is saved in any case.
struct SaveInterval {
  std::int64_t batches = 0;
  std::chrono::seconds time{0};
};

/// What checkpoint.every says: "epoch", "500 batches", or a duration. Nothing for other texts.
std::optional<SaveInterval> save_interval(const std::string& every);

/// What [log] holds beside `plugins`, the event sinks: who is told of the training besides the run folder's own files.
struct Log {
  bool tensorboard = true;

  static void declare(ParamList<Log>& list);
};

/// [limits]: checked before the first batch.
struct Limits {
  std::optional<std::int64_t> parameters;
  std::optional<std::int64_t> epochs;

  static void declare(ParamList<Limits>& list);
};

/// [provenance]: where the recipe comes from; nothing of it is computed with.
struct Provenance {
  std::string deck;
  std::vector<std::string> assumed;

  static void declare(ParamList<Provenance>& list);
};

/// [provenance.published]: scores, 0 to 1.
struct Published {
  std::optional<double> train;
  std::optional<double> validation;
  std::optional<double> test;
  std::optional<double> kaggle;

  static void declare(ParamList<Published>& list);
};

}  // namespace aviary::recipe
