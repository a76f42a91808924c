// What stands at the end of every kernel's file, once for all instruction sets.
#pragma once

#include <cstdint>

#include <hwy/highway.h>

/// Defines name<float>() and name<std::uint16_t>(), of which Kernels<T> is declared: for the best instruction set that this
/// processor has, the tables that its float_table() and bfloat_table() point to.
#define AVIARY_DISPATCH(Kernels, name)            \
  HWY_EXPORT(float_table);                        \
  HWY_EXPORT(bfloat_table);                       \
  template <>                                     \
  const Kernels<float>& name() {                  \
    return *HWY_DYNAMIC_DISPATCH(float_table)();  \
  }                                               \
  template <>                                     \
  const Kernels<std::uint16_t>& name() {          \
    return *HWY_DYNAMIC_DISPATCH(bfloat_table)(); \
  }
