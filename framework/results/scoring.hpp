// What the logits of a model are worth: accuracy, per class and as a whole, what is taken for what, and how far its
// probabilities can be believed. Pure functions, for any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

#include "results/calibration.hpp"
#include "results/events.hpp"

namespace aviary::results {

/// What a model, or several together, said of the pictures of a split.
struct Outputs {
  at::Tensor logits;                 ///< float or double, pictures x classes; log-probabilities are logits, too
  at::Tensor labels;                 ///< int64, pictures
  std::vector<std::size_t> samples;  ///< of each row, the index into the split
};

struct ClassScores {
  std::int64_t pictures = 0;
  double precision = 0;  ///< 0 where nothing was taken for the class
  double recall = 0;     ///< 0 where the class has no pictures
  double f1 = 0;
};

/// One picture.
struct Record {
  std::size_t sample = 0;  ///< index into the split
  std::int64_t label = 0;
  std::int64_t predicted = 0;
  double probability = 0;  ///< of what was predicted
  double loss = 0;         ///< cross-entropy
};

/// Pictures of one class that were taken for another.
struct Confusion {
  std::int64_t label = 0;
  std::int64_t predicted = 0;
  std::int64_t pictures = 0;
};

struct Interval {
  double low = 0;
  double high = 0;
};

struct Evaluation {
  Scores scores;
  Interval top1_interval;            ///< 95 %, of Wilson
  double top5 = 0;                   ///< share whose right class is among the five largest logits
  double macro_f1 = 0;               ///< mean F1 over the classes that have pictures
  double weighted_f1 = 0;            ///< likewise, each class as much as it has pictures
  std::vector<ClassScores> classes;  ///< by output
  at::Tensor confusion;              ///< int64, classes x classes: pictures by label (row) and prediction (column)
  std::vector<Record> records;       ///< in the order of the outputs
  Calibration calibration;
};

/// Precondition: there is a picture.
Evaluation score(const Outputs& outputs);

/// The confusions of two classes that most pictures suffered, at most `count`; of equal ones that of the first label.
std::vector<Confusion> most_confused(const Evaluation& evaluation, std::size_t count);

/// Of the pictures that were taken for something else, those with the largest loss, at most `count`.
std::vector<Record> worst(const Evaluation& evaluation, std::size_t count);

/// Within which the share of `right` among all pictures lies, were there many more of them: the 95 % score interval (Wilson,
/// 1927), good for shares near 1, too. Precondition: there is a picture.
Interval wilson_interval(std::int64_t right, std::int64_t pictures);

}  // namespace aviary::results
