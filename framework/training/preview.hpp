// Training pictures as the model sees them: as they are, and as epochs augment them. Made by the command `preview` and for a
// run's report; used from one thread. Random draws are the training's own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "data/batch.hpp"
#include "data/dataset.hpp"
#include "data/pictures.hpp"
#include "recipe/recipe.hpp"
#include "results/contact_sheet.hpp"
#include "training/experiment.hpp"

namespace aviary::training {

class Preview {
 public:
  /// Of so many pictures of the training part. Both must outlive it. Throws Error when none of them can be decoded.
  Preview(const recipe::Recipe& recipe, const data::Dataset& dataset, std::int64_t pictures);

  /// A row for each picture, with the picture as it is and its file's name.
  std::vector<std::vector<results::Tile>> rows() const;

  /// A tile for each row: what an epoch makes of the pictures.
  void add_draw(const data::Pipeline* pipeline, std::int64_t epoch, std::vector<std::vector<results::Tile>>& rows) const;

  /// A tile for each row, from the first epoch that changes its picture.
  void add_first_change(const data::Pipeline& pipeline, std::vector<std::vector<results::Tile>>& rows) const;

 private:
  data::BatchContext context(const data::Pipeline* pipeline, std::int64_t epoch) const;
  data::Batch batch(const data::Pipeline* pipeline, std::int64_t epoch) const;
  std::vector<std::string> drawn(const data::Pipeline& pipeline, std::int64_t epoch, std::size_t sample) const;
  results::Tile tile(const data::Pipeline* pipeline, std::int64_t epoch, std::size_t row, const data::Batch& batch) const;
  std::string name_of(std::size_t sample) const;

  const recipe::Recipe& recipe_;
  const data::Dataset& dataset_;
  data::Preparation preparation_;
  data::Pictures pictures_;
  data::Normaliser normalise_;
  std::vector<std::size_t> samples_;
};

/// What a training that begins at `epoch` shows of its data: four pictures, each as it is and as five epochs see it, from the
/// first one that augments them on. Throws Error when none can be decoded.
std::vector<std::vector<results::Tile>> sample_rows(const Experiment& experiment, std::int64_t epoch);

}  // namespace aviary::training
