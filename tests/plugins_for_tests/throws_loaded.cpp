// Its static initialiser leaves a mark in the file that AVIARY_TEST_MARK names, and throws.
#include <cstdlib>
#include <fstream>
#include <stdexcept>

#include "scheduler.hpp"

namespace {

const bool loaded = [] {
  if (const char* const mark = std::getenv("AVIARY_TEST_MARK")) std::ofstream(mark) << "loaded";
  throw std::runtime_error("no licence found");
  return true;
}();

}  // namespace

AVIARY_SCHEDULER("throws_loaded", Nothing, aviary::NoParams, "Throws while it is loaded")
