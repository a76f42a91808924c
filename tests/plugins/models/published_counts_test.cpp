// Parameters of the networks that have no golden figures, as timm and torchvision print them for ImageNet's 1000 classes.
#include <gtest/gtest.h>

#include <aviary/error.hpp>
#include <aviary/model.hpp>

#include "plugins/made.hpp"

namespace {

using aviary::Model;
using aviary::test::made;
using aviary::test::Settings;
using Integers = std::vector<std::int64_t>;

std::int64_t parameters(const std::string& type, const Settings& settings, std::int64_t classes = 1000) {
  std::int64_t count = 0;
  for (const at::Tensor& parameter : made<Model>(type, settings, {classes, 3, 224})->parameters()) count += parameter.numel();
  return count;
}

TEST(Efficientnet, ScalesAsPublished) {
  EXPECT_EQ(parameters("efficientnet", {{"variant", "b1"}}), 7'794'184);
  EXPECT_EQ(parameters("efficientnet", {{"variant", "b2"}}), 9'109'994);
  EXPECT_EQ(parameters("efficientnet", {{"variant", "b3"}}), 12'233'232);
  EXPECT_EQ(parameters("efficientnet", {{"depth_coefficient", 1.06}}, 400), 7'025'584);
}

TEST(Resnet, DeeperOnesAreAsPublished) {
  EXPECT_EQ(parameters("resnet", {{"depth", std::int64_t{34}}}), 21'797'672);
  EXPECT_EQ(parameters("resnet", {{"depth", std::int64_t{50}}}), 25'557'032);
}

TEST(Resnet, BaseAndGrowthGiveTheChannels) {
  EXPECT_EQ(parameters("resnet", {{"growth", 1.5}}, 400), 2'828'000);
  EXPECT_EQ(parameters("resnet", {{"channels", Integers{85, 128, 192, 288}}}, 400), 4'979'829);
}

TEST(Resnet, ZeroInitLastStartsBlocksAsTheirShortcuts) {
  const auto model = made<Model>("resnet", {{"zero_init_last", true}}, {10, 3, 64});
  EXPECT_EQ(model->named_parameters()["layer2.1.bn2.weight"].abs().sum().item<double>(), 0);
  EXPECT_NE(model->named_parameters()["layer2.1.bn1.weight"].abs().sum().item<double>(), 0);
}

TEST(Models, RefusePicturesThatAreSmallerThanTheirStride) {
  try {
    made<Model>("rexnet", {}, {10, 3, 28});
    FAIL();
  } catch (const aviary::Error& error) {
    EXPECT_EQ(error.fault(), aviary::Fault::usage);
    EXPECT_STREQ(error.what(), "model rexnet (" AVIARY_PREFIX
                               "/lib/aviary/plugins/rexnet.so): the network makes pictures 32 times smaller; "
                               "expected pictures of at least 32 x 32, found data.image_size = 28");
  }
}

}  // namespace
