// What the kernels share: vectors of channels, computed in float32 and kept as float32 or bfloat16. Included once for every
// instruction set that Highway dispatches to.
#if defined(AVIARY_SDK_NN_KERNELS_VECTORS_INL_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef AVIARY_SDK_NN_KERNELS_VECTORS_INL_HPP
#undef AVIARY_SDK_NN_KERNELS_VECTORS_INL_HPP
#else
#define AVIARY_SDK_NN_KERNELS_VECTORS_INL_HPP
#endif

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <hwy/cache_control.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace aviary::nn::kernels::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

template <class D>
HWY_INLINE hn::Vec<D> load(D d, const float* from) {
  return hn::LoadU(d, from);
}

// bfloat16 is the upper half of a float32.
template <class D>
HWY_INLINE hn::Vec<D> load(D d, const std::uint16_t* from) {
  const hn::Rebind<std::uint16_t, D> halves;
  const hn::Rebind<std::uint32_t, D> words;
  return hn::BitCast(d, hn::ShiftLeft<16>(hn::PromoteTo(words, hn::LoadU(halves, from))));
}

template <class D>
HWY_INLINE void store(hn::Vec<D> v, D d, float* to) {
  hn::StoreU(v, d, to);
}

// To bfloat16 in the upper half: to the nearest, ties to even, as LibTorch rounds.
template <class D>
HWY_INLINE hn::Vec<hn::Rebind<std::uint32_t, D>> rounded(D, hn::Vec<D> v) {
  const hn::Rebind<std::uint32_t, D> words;
  const auto bits = hn::BitCast(words, v);
  const auto odd = hn::And(hn::ShiftRight<16>(bits), hn::Set(words, 1));
  return hn::Add(bits, hn::Add(odd, hn::Set(words, 0x7FFF)));
}

template <class D>
HWY_INLINE void store(hn::Vec<D> v, D d, std::uint16_t* to) {
  const hn::Rebind<std::uint16_t, D> halves;
  const hn::Rebind<std::int32_t, D> numbers;
  hn::StoreU(hn::DemoteTo(halves, hn::BitCast(numbers, hn::ShiftRight<16>(rounded(d, v)))), halves, to);
}

// Two vectors of channels at once, as they come apart soonest: of float32 one after the other; of bfloat16, whose every 32 bits
// hold two, the even channels and the odd ones. Which of the two is `part`; a part of one (parts == 1) is a vector as it lies.
template <std::size_t parts, std::size_t part, class D>
HWY_INLINE hn::Vec<D> load_part(D d, const float* from) {
  return hn::LoadU(d, from + part * hn::Lanes(d));
}

template <std::size_t parts, std::size_t part, class D>
HWY_INLINE hn::Vec<D> load_part(D d, const std::uint16_t* from) {
  if constexpr (parts == 1) {
    return load(d, from);
  } else {
    const hn::Repartition<std::uint16_t, D> halves;
    const hn::Rebind<std::uint32_t, D> words;
    const auto both = hn::BitCast(words, hn::LoadU(halves, from));
    return hn::BitCast(d, part == 0 ? hn::ShiftLeft<16>(both) : hn::And(both, hn::Set(words, 0xFFFF0000)));
  }
}

template <class D>
HWY_INLINE void store_parts(hn::Vec<D> first, hn::Vec<D> second, D d, float* to) {
  hn::StoreU(first, d, to);
  hn::StoreU(second, d, to + hn::Lanes(d));
}

template <class D>
HWY_INLINE void store_parts(hn::Vec<D> even, hn::Vec<D> odd, D d, std::uint16_t* to) {
  const hn::Repartition<std::uint16_t, D> halves;
  const hn::Rebind<std::uint32_t, D> words;
  const auto low = hn::ShiftRight<16>(rounded(d, even));
  const auto high = hn::And(rounded(d, odd), hn::Set(words, 0xFFFF0000));
  hn::StoreU(hn::BitCast(halves, hn::Or(low, high)), halves, to);
}

// Maps are read from one end to the other, several rows side by side, which the processor does not foresee.
template <class T>
HWY_INLINE void prefetch(const T* now) {
  hwy::Prefetch(reinterpret_cast<const char*>(now) + 4096);
}

// 2^t, and 2^120 or 2^-120 beyond, also where t is not a number: t's whole part, as a float's exponent, and the rest of at most
// 1/2. For float32 by the Taylor series, whose first term left out is below 1.3e-7; for bfloat16, which rounds to 2e-3, by a
// cubic within 1e-4.
template <class T, class D, class V>
HWY_INLINE V power_of_two(D d, V t) {
  const hn::RebindToSigned<D> integers;
  const auto most = hn::Set(d, 120.0F);
  t = hn::Max(hn::Min(t, most), hn::Neg(most));
  const auto no_fraction =
      hn::Set(d, 12582912.0F);  // 1.5 2^23, whose sum with t is rounded, and ends in the bits of t's whole part
  const auto sum = hn::Add(t, no_fraction);
  const auto rest = hn::Sub(t, hn::Sub(sum, no_fraction));
  auto power = rest;
  if constexpr (std::is_same_v<T, float>) {
    power = hn::MulAdd(hn::Set(d, 1.54035304e-4F), rest, hn::Set(d, 1.33335581e-3F));
    power = hn::MulAdd(power, rest, hn::Set(d, 9.61812911e-3F));
    power = hn::MulAdd(power, rest, hn::Set(d, 5.55041087e-2F));
    power = hn::MulAdd(power, rest, hn::Set(d, 2.40226507e-1F));
    power = hn::MulAdd(power, rest, hn::Set(d, 6.93147181e-1F));
    power = hn::MulAdd(power, rest, hn::Set(d, 1.0F));
  } else {
    power = hn::MulAdd(hn::Set(d, 5.517156e-2F), rest, hn::Set(d, 2.4261113e-1F));
    power = hn::MulAdd(power, rest, hn::Set(d, 6.9326099e-1F));
    power = hn::MulAdd(power, rest, hn::Set(d, 9.9992807e-1F));
  }
  const auto exponent = hn::ShiftLeft<23>(hn::BitCast(integers, sum));
  return hn::BitCast(d, hn::Add(hn::BitCast(integers, power), exponent));
}

// Calls visit(d, c) for vectors d that cover all channels in order: whole vectors, then ever shorter ones. A visit that takes a
// third argument gets two whole vectors at once where it is true.
template <class Visit>
HWY_INLINE void for_channels(std::size_t channels, const Visit& visit) {
  const hn::ScalableTag<float> whole;
  std::size_t c = 0;
  const auto cover = [&](auto d) {
    for (const std::size_t lanes = hn::Lanes(d); c + lanes <= channels; c += lanes)
      if constexpr (std::is_invocable_v<Visit, decltype(d), std::size_t>)
        visit(d, c);
      else
        visit(d, c, std::false_type());
  };
  if constexpr (HWY_TARGET != HWY_SCALAR && !std::is_invocable_v<Visit, decltype(whole), std::size_t>)
    for (const std::size_t lanes = 2 * hn::Lanes(whole); c + lanes <= channels; c += lanes) visit(whole, c, std::true_type());
  cover(whole);
  if constexpr (HWY_MAX_BYTES > 32) cover(hn::CappedTag<float, 8>());
  if constexpr (HWY_MAX_BYTES > 16) cover(hn::CappedTag<float, 4>());
  cover(hn::CappedTag<float, 1>());
}

}  // namespace aviary::nn::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
