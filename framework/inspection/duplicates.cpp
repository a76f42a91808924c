#include "inspection/duplicates.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <utility>

namespace aviary::inspection {
namespace {

using Pictures = std::vector<const Picture*>;

std::vector<EqualPictures> equal_pictures(const Pictures& pictures) {
  std::map<data::Sha256::Digest, std::size_t> places;
  std::vector<EqualPictures> groups;
  for (const Picture* const picture : pictures) {
    const auto [place, added] = places.try_emplace(picture->fingerprint.pixels, groups.size());
    if (added) groups.emplace_back();
    groups[place->second].pictures.push_back(picture);
  }
  std::erase_if(groups, [](const EqualPictures& group) { return group.pictures.size() < 2; });
  return groups;
}

// The pictures of one split, with what nearly every comparison is decided by close together.
struct Shelf {
  Pictures pictures;
  std::vector<Waves> waves;
};

std::vector<Shelf> shelves_of(const Pictures& pictures) {
  std::vector<Shelf> shelves;
  for (const Picture* const picture : pictures) {
    if (shelves.empty() || shelves.back().pictures.back()->split != picture->split) shelves.emplace_back();
    shelves.back().pictures.push_back(picture);
    shelves.back().waves.push_back(picture->fingerprint.waves);
  }
  return shelves;
}

std::optional<NearDuplicate> most_alike(const Picture& picture, const Shelf& shelf) {
  std::optional<NearDuplicate> best;
  for (std::size_t i = 0; i < shelf.waves.size(); ++i) {
    if (!may_be_alike(picture.fingerprint.waves, shelf.waves[i])) continue;
    const Picture& other = *shelf.pictures[i];
    if (other.fingerprint.pixels == picture.fingerprint.pixels) return std::nullopt;
    const auto found = likeness(picture.fingerprint, other.fingerprint);
    if (found && (!best || found->correlation > best->likeness.correlation)) best = {&picture, &other, *found};
  }
  return best;
}

}  // namespace

bool EqualPictures::in_different_splits() const {
  return std::ranges::any_of(pictures, [&](const Picture* each) { return each->split != pictures.front()->split; });
}

bool EqualPictures::of_different_classes() const {
  return std::ranges::any_of(pictures,
                             [&](const Picture* each) { return each->sample->label != pictures.front()->sample->label; });
}

std::optional<Duplicates> find_duplicates(const Survey& survey, int threads, const Watch& watch) {
  Pictures decoded;
  for (const Picture& picture : survey.pictures)
    if (picture.fault.empty()) decoded.push_back(&picture);
  Duplicates duplicates{equal_pictures(decoded), {}};

  const std::vector<Shelf> shelves = shelves_of(decoded);
  std::vector<std::pair<const Picture*, const Shelf*>> searches;
  for (const Shelf& shelf : shelves)
    for (const Picture* const picture : shelf.pictures)
      for (const Shelf* earlier = shelves.data(); earlier != &shelf; ++earlier) searches.emplace_back(picture, earlier);
  std::vector<std::optional<NearDuplicate>> found(searches.size());
  const auto search = [&](std::size_t i) { found[i] = most_alike(*searches[i].first, *searches[i].second); };
  if (!for_each_number(searches.size(), threads, "comparisons", watch, search)) return std::nullopt;
  for (const auto& near : found)
    if (near) duplicates.near.push_back(*near);
  std::ranges::stable_sort(duplicates.near, std::greater(),
                           [](const NearDuplicate& near) { return near.likeness.correlation; });
  return duplicates;
}

}  // namespace aviary::inspection
