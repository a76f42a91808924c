#include "search/beginnings.hpp"

#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "framework/recipe/recipes.hpp"

namespace {

using aviary::search::Course;
using aviary::search::course_of;
using testing::ElementsAre;

/// A course with a letter for what each epoch trains on.
Course course(const std::string& epochs, const std::string& rest = "") {
  Course made{rest, {}};
  for (const char letter : epochs) made.epochs.emplace_back(1, letter);
  return made;
}

/// "0 to 3", "1 after #0", ...
std::vector<std::string> parts(const std::vector<Course>& courses) {
  std::vector<std::string> texts;
  for (const auto& part : aviary::search::share_beginnings(courses)) {
    std::string text = std::to_string(part.course);
    if (part.after) text += fmt::format(" after #{}", *part.after);
    if (part.end) text += fmt::format(" to {}", *part.end);
    texts.push_back(text);
  }
  return texts;
}

TEST(Beginnings, AreTrainedOnce) {
  EXPECT_THAT(parts({course("PPAA"), course("PPPA"), course("AAAA")}), ElementsAre("0 to 2", "0 after #0", "1 after #0", "2"));
}

TEST(Beginnings, AreSharedAgainFurtherOn) {
  EXPECT_THAT(
      parts({course("PPAA"), course("PPPA"), course("PPPP"), course("PPAP")}),
      ElementsAre("0 to 2", "0 after #0 to 3", "0 after #1", "3 after #1", "1 after #0 to 3", "1 after #4", "2 after #4"));
}

TEST(Beginnings, AreNotSharedByOtherTrainings) {
  EXPECT_THAT(parts({course("PPAA", "lr 0.1"), course("PPAP", "lr 0.2")}), ElementsAre("0", "1"));
  EXPECT_THAT(parts({course("PA"), course("AP")}), ElementsAre("0", "1"));
}

TEST(Beginnings, TrainingsThatAreTheSameShareNothing) {
  EXPECT_THAT(parts({course("PA"), course("PA")}), ElementsAre("0", "1"));
}

TEST(Beginnings, CourseTellsWhatAnEpochTrainsOn) {
  const aviary::test::Recipes recipes;
  const std::string flip = "[[augment]]\ntype = \"horizontal_flip\"\n[training]\nepochs = 4\n";
  const auto of = [&](const std::string& lines) { return course_of(recipes.read(aviary::test::least + flip + lines)); };
  const Course all = of("");
  const Course half = of("[[curriculum]]\nepochs = 2\naugment = false\n[[curriculum]]\n");
  const Course own = of("[[curriculum]]\nepochs = 2\naugment = [{ type = \"horizontal_flip\" }]\n[[curriculum]]\n");
  const Course few = of("[[curriculum]]\nepoch_fraction = 0.5\n");
  EXPECT_EQ(all.rest, half.rest);
  EXPECT_NE(all.epochs[0], half.epochs[0]);
  EXPECT_EQ(all.epochs[2], half.epochs[2]);
  EXPECT_EQ(all.epochs, own.epochs);
  EXPECT_NE(all.epochs[0], few.epochs[0]);
  EXPECT_NE(all.rest, of("[loss]\nlabel_smoothing = 0.1\n").rest);
}

}  // namespace
