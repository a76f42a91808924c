// Which pictures of a data set are there twice. Called by `aviary data`, from one thread, after the survey.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "inspection/survey.hpp"

namespace aviary::inspection {

/// Two and more that are equal in every pixel.
struct EqualPictures {
  std::vector<const Picture*> pictures;

  bool in_different_splits() const;
  bool of_different_classes() const;
};

/// A picture of validation or test, and the one of an earlier split that it is most alike.
struct NearDuplicate {
  const Picture* picture;
  const Picture* other;
  Likeness likeness;

  bool of_different_classes() const { return picture->sample->label != other->sample->label; }
};

struct Duplicates {
  std::vector<EqualPictures> exact;
  std::vector<NearDuplicate> near;  ///< the likest first; without pictures that have an exact one there
};

/// `survey` must outlive the result. Nothing when it was stopped.
std::optional<Duplicates> find_duplicates(const Survey& survey, int threads, const Watch& watch);

}  // namespace aviary::inspection
