#include "distributed/launch.hpp"

#include <cstdlib>
#include <map>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <aviary/error.hpp>

namespace {

using aviary::distributed::Launch;

std::optional<Launch> read(const std::map<std::string, std::string>& variables) {
  return aviary::distributed::read_launch([&](const char* name) {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  });
}

std::string complaint(const std::map<std::string, std::string>& variables) {
  try {
    read(variables);
  } catch (const aviary::Error& error) {
    EXPECT_EQ(error.fault(), aviary::Fault::usage);
    return error.what();
  }
  return "";
}

TEST(Launch, IsReadFromTorchrunMpirunAndSrun) {
  const char* const names[][2] = {{"RANK", "WORLD_SIZE"},
                                  {"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"},
                                  {"PMI_RANK", "PMI_SIZE"},
                                  {"SLURM_PROCID", "SLURM_NTASKS"}};
  for (const auto& [rank, size] : names) {
    const auto launch = read({{rank, "3"}, {size, "4"}, {"MASTER_ADDR", "first.example"}, {"MASTER_PORT", "29500"}});
    ASSERT_TRUE(launch) << rank;
    EXPECT_EQ(launch->rank, 3);
    EXPECT_EQ(launch->size, 4);
    EXPECT_EQ(launch->address, "first.example");
    EXPECT_EQ(launch->port, 29500);
    EXPECT_FALSE(launch->hosted);
  }
}

TEST(Launch, OfOneProcessIsNone) {
  EXPECT_FALSE(read({}));
  EXPECT_FALSE(read({{"RANK", "0"}, {"WORLD_SIZE", "1"}}));
  EXPECT_FALSE(read({{"WORLD_SIZE", "1"}}));
}

TEST(Launch, OfABatchScriptIsNoneThoughItHasTheVariablesOfItsJob) {
  const std::map<std::string, std::string> job = {
      {"SLURM_JOB_ID", "7"}, {"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "4"}, {"MASTER_ADDR", "a"}, {"MASTER_PORT", "1"}};
  EXPECT_FALSE(read(job));
  auto step = job;
  step["SLURM_STEP_ID"] = "0";
  EXPECT_TRUE(read(step));
}

TEST(Launch, TorchrunMayHoldTheStore) {
  const auto launch = read({{"RANK", "0"},
                            {"WORLD_SIZE", "2"},
                            {"MASTER_ADDR", "a"},
                            {"MASTER_PORT", "1"},
                            {"TORCHELASTIC_USE_AGENT_STORE", "True"},
                            {"TORCHELASTIC_RESTART_COUNT", "2"}});
  ASSERT_TRUE(launch);
  EXPECT_TRUE(launch->hosted);
  EXPECT_EQ(launch->attempt, "2");
}

TEST(Launch, IsForgottenForWhatTheProcessStarts) {
  ::setenv("SLURM_PROCID", "3", 1);
  ::setenv("WORLD_SIZE", "4", 1);
  aviary::distributed::forget_launch();
  EXPECT_FALSE(aviary::distributed::read_launch([](const char* name) { return std::getenv(name); }));
}

TEST(Launch, SaysWhatIsMissingOrWrong) {
  EXPECT_EQ(
      complaint({{"RANK", "0"}}),
      "WORLD_SIZE is not set; a process that torchrun starts among others has it, and one that trains alone has none of its "
      "variables");
  EXPECT_EQ(complaint({{"RANK", "2"}, {"WORLD_SIZE", "2"}}), "RANK is \"2\"; expected a whole number from 0 to 1");
  EXPECT_EQ(complaint({{"RANK", "one"}, {"WORLD_SIZE", "2"}}), "RANK is \"one\"; expected a whole number from 0 to 1");
  EXPECT_EQ(complaint({{"OMPI_COMM_WORLD_RANK", "0"}, {"OMPI_COMM_WORLD_SIZE", "2"}, {"MASTER_PORT", "1"}}),
            "mpirun started 2 processes, but MASTER_ADDR and MASTER_PORT do not say where they meet; set both to the host of "
            "rank 0 and a free port there, or unset OMPI_COMM_WORLD_RANK and OMPI_COMM_WORLD_SIZE to train alone");
  EXPECT_EQ(complaint({{"RANK", "0"}, {"WORLD_SIZE", "2"}, {"MASTER_ADDR", "a"}, {"MASTER_PORT", "99999"}}),
            "MASTER_PORT is \"99999\"; expected a whole number from 1 to 65535");
}

}  // namespace
