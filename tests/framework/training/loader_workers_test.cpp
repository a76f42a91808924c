#include "training/loader_workers.hpp"

#include <memory>

#include <gtest/gtest.h>

#include <aviary/model.hpp>

#include "framework/data/host_augmenter.hpp"
#include "framework/training/tiny.hpp"

namespace {

using aviary::training::Experiment;
using aviary::training::measure_workers;

using LoaderWorkers = aviary::test::Tiny;

TEST_F(LoaderWorkers, AreAtLeastOneAndAtMostTheThreads) {
  Experiment experiment(recipe({}));
  EXPECT_EQ(measure_workers(experiment, 1), 1);
  const int workers = measure_workers(experiment, 3);
  EXPECT_GE(workers, 1);
  EXPECT_LE(workers, 3);

  experiment.finisher.augmenter = std::make_shared<aviary::data::HostAugmenter>();
  EXPECT_GE(measure_workers(experiment, 3), 1) << "of raw batches";
}

TEST_F(LoaderWorkers, AreMeasuredWithoutATrace) {
  Experiment measured(recipe({}));
  const Experiment untouched(recipe({}));
  measure_workers(measured, 2);
  EXPECT_TRUE(measured.learner.model->is_training());
  const auto before = untouched.learner.model->named_parameters();
  for (const auto& item : measured.learner.model->named_parameters()) {
    EXPECT_TRUE(item.value().equal(before[item.key()])) << item.key();
    EXPECT_FALSE(item.value().grad().defined()) << item.key();
  }
  const auto buffers = untouched.learner.model->named_buffers();
  for (const auto& item : measured.learner.model->named_buffers())
    EXPECT_TRUE(item.value().equal(buffers[item.key()])) << item.key();
}

}  // namespace
