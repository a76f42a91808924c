#include "nn/kernels/attention.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "nn/kernels/attention.cpp"
#include <hwy/foreach_target.h>

#include <hwy/aligned_allocator.h>

#include "nn/kernels/dispatch.hpp"
#include "nn/kernels/vectors-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace aviary::nn::kernels::HWY_NAMESPACE {
namespace {

// So many tokens ask at once: their scores stay in the second cache, and gradients are added up in few turns.
constexpr std::ptrdiff_t strip = 32;

using Floats = hn::ScalableTag<float>;

// A row of so many numbers takes whole vectors.
std::ptrdiff_t padded(std::ptrdiff_t count) {
  const auto lanes = static_cast<std::ptrdiff_t>(hn::Lanes(Floats()));
  return (count + lanes - 1) / lanes * lanes;
}

// Rows of whole vectors, whose last numbers are none of the matrix.
class Matrix {
 public:
  void resize(std::ptrdiff_t rows, std::ptrdiff_t columns) {
    rows_ = rows;
    stride_ = padded(columns);
    if (rows * stride_ <= room_) return;
    room_ = rows * stride_;
    values_ = hwy::AllocateAligned<float>(static_cast<std::size_t>(room_));
  }
  void clear() { std::fill_n(values_.get(), rows_ * stride_, 0.0F); }

  std::ptrdiff_t stride() const { return stride_; }
  float* row(std::ptrdiff_t number) { return values_.get() + number * stride_; }
  const float* row(std::ptrdiff_t number) const { return values_.get() + number * stride_; }

  void clear_rest(std::ptrdiff_t number, std::ptrdiff_t columns) {
    std::fill(row(number) + columns, row(number) + stride_, 0.0F);
  }

 private:
  std::ptrdiff_t rows_ = 0;
  std::ptrdiff_t stride_ = 0;
  std::ptrdiff_t room_ = 0;
  hwy::AlignedFreeUniquePtr<float[]> values_;
};

// Kept by a thread from one head to the next.
struct Workspace {
  Matrix queries, keys, values, keys_across, values_across, scores, sums;
  Matrix gradients, score_gradients, query_gradients, key_gradients, value_gradients;
};

Workspace& workspace() {
  thread_local Workspace workspace;
  return workspace;
}

template <class T>
void read(const T* from, std::ptrdiff_t rows, std::ptrdiff_t columns, std::ptrdiff_t apart, Matrix& to) {
  to.resize(rows, columns);
  for (std::ptrdiff_t row = 0; row < rows; ++row) {
    for_channels(columns, [&](auto d, std::size_t c) { store(load(d, from + row * apart + c), d, to.row(row) + c); });
    to.clear_rest(row, columns);
  }
}

template <class T>
void write(const Matrix& from, std::ptrdiff_t rows, std::ptrdiff_t columns, T* to, std::ptrdiff_t apart) {
  for (std::ptrdiff_t row = 0; row < rows; ++row)
    for_channels(columns, [&](auto d, std::size_t c) { store(load(d, from.row(row) + c), d, to + row * apart + c); });
}

void transpose(const Matrix& from, std::ptrdiff_t rows, std::ptrdiff_t columns, Matrix& to) {
  to.resize(columns, rows);
  for (std::ptrdiff_t column = 0; column < columns; ++column) {
    for (std::ptrdiff_t row = 0; row < rows; ++row) to.row(column)[row] = from.row(row)[column];
    to.clear_rest(column, rows);
  }
}

// A left factor: its number (i, p) lies at values[i * row + p * column].
struct Left {
  const float* values;
  std::ptrdiff_t row;
  std::ptrdiff_t column;
};

Left rows_of(const Matrix& matrix, std::ptrdiff_t first) { return {matrix.row(first), matrix.stride(), 1}; }
Left columns_of(const Matrix& matrix) { return {matrix.row(0), 1, matrix.stride()}; }

// One or four rows of one or two vectors: c += a b, the rows of b and c `stride` apart. Eight sums at once keep two
// multiplications a cycle busy, each of which takes four cycles.
template <class One, class Two>
HWY_INLINE void add_tile(One one, Two two, const Left& a, std::ptrdiff_t depth, const float* b, std::ptrdiff_t stride,
                         float* c) {
  const Floats d;
  const std::size_t next = two ? hn::Lanes(d) : 0;
  float* const row1 = one ? c : c + stride;
  float* const row2 = one ? c : c + 2 * stride;
  float* const row3 = one ? c : c + 3 * stride;
  auto sum0 = load(d, c);
  auto sum1 = load(d, row1);
  auto sum2 = load(d, row2);
  auto sum3 = load(d, row3);
  auto next0 = load(d, c + next);
  auto next1 = load(d, row1 + next);
  auto next2 = load(d, row2 + next);
  auto next3 = load(d, row3 + next);
  const float* from = a.values;
  for (std::ptrdiff_t p = 0; p < depth; ++p, from += a.column, b += stride) {
    const auto right = load(d, b);
    const auto next_right = load(d, b + next);
    const auto left0 = hn::Set(d, from[0]);
    sum0 = hn::MulAdd(left0, right, sum0);
    if constexpr (two) next0 = hn::MulAdd(left0, next_right, next0);
    if constexpr (!one) {
      const auto left1 = hn::Set(d, from[a.row]);
      const auto left2 = hn::Set(d, from[2 * a.row]);
      const auto left3 = hn::Set(d, from[3 * a.row]);
      sum1 = hn::MulAdd(left1, right, sum1);
      sum2 = hn::MulAdd(left2, right, sum2);
      sum3 = hn::MulAdd(left3, right, sum3);
      if constexpr (two) {
        next1 = hn::MulAdd(left1, next_right, next1);
        next2 = hn::MulAdd(left2, next_right, next2);
        next3 = hn::MulAdd(left3, next_right, next3);
      }
    }
  }
  store(sum0, d, c);
  if constexpr (two) store(next0, d, c + next);
  if constexpr (!one) {
    store(sum1, d, row1);
    store(sum2, d, row2);
    store(sum3, d, row3);
    if constexpr (two) {
      store(next1, d, row1 + next);
      store(next2, d, row2 + next);
      store(next3, d, row3 + next);
    }
  }
}

// c += a b, of so many rows of c and of b.
void add_product(const Left& a, std::ptrdiff_t rows, std::ptrdiff_t depth, const float* b, Matrix& c,
                 std::ptrdiff_t first = 0) {
  const auto lanes = static_cast<std::ptrdiff_t>(hn::Lanes(Floats()));
  const std::ptrdiff_t stride = c.stride();
  const auto add_columns = [&](auto two, std::ptrdiff_t column) {
    const auto add_rows = [&](auto one, std::ptrdiff_t row) {
      add_tile(one, two, {a.values + row * a.row, a.row, a.column}, depth, b + column, stride, c.row(first + row) + column);
    };
    std::ptrdiff_t row = 0;
    for (; row + 4 <= rows; row += 4) add_rows(std::false_type(), row);
    for (; row < rows; ++row) add_rows(std::true_type(), row);
  };
  std::ptrdiff_t column = 0;
  for (; column + 2 * lanes <= stride; column += 2 * lanes) add_columns(std::true_type(), column);
  for (; column < stride; column += lanes) add_columns(std::false_type(), column);
}

// The numbers of a row become e^(factor number), divided by their sum. What is not a number stays so, and makes the sum so.
template <class T>
void softmax(float* row, std::ptrdiff_t count, float factor) {
  const Floats d;
  const auto lanes = static_cast<std::ptrdiff_t>(hn::Lanes(d));
  const std::ptrdiff_t end = padded(count);
  constexpr float lowest = std::numeric_limits<float>::lowest();
  std::fill(row + count, row + end, lowest);
  auto highest = hn::Set(d, lowest);
  for (std::ptrdiff_t i = 0; i < end; i += lanes) highest = hn::Max(highest, load(d, row + i));
  highest = hn::MaxOfLanes(d, highest);
  const auto rise = hn::Set(d, factor * 1.44269504F);
  auto sum = hn::Zero(d);
  for (std::ptrdiff_t i = 0; i < end; i += lanes) {
    const auto exponent = hn::Mul(hn::Sub(load(d, row + i), highest), rise);
    const auto power = hn::IfThenElse(hn::Eq(exponent, exponent), power_of_two<T>(d, exponent), exponent);
    sum = hn::Add(sum, power);
    store(power, d, row + i);
  }
  const auto share = hn::Div(hn::Set(d, 1.0F), hn::SumOfLanes(d, sum));
  for (std::ptrdiff_t i = 0; i < end; i += lanes) store(hn::Mul(load(d, row + i), share), d, row + i);
}

// What all scores p of a row do to the scores before the softmax and the factor, given the gradients of p.
void softmax_gradient(const float* p, float* gradient, std::ptrdiff_t count, float factor) {
  const Floats d;
  const auto lanes = static_cast<std::ptrdiff_t>(hn::Lanes(d));
  auto sum = hn::Zero(d);
  for (std::ptrdiff_t i = 0; i < count; i += lanes) sum = hn::MulAdd(load(d, p + i), load(d, gradient + i), sum);
  const auto mean = hn::SumOfLanes(d, sum);
  const auto rise = hn::Set(d, factor);
  for (std::ptrdiff_t i = 0; i < count; i += lanes)
    store(hn::Mul(hn::Mul(load(d, p + i), rise), hn::Sub(load(d, gradient + i), mean)), d, gradient + i);
}

float factor_of(const AttentionShape& s) { return 1 / std::sqrt(static_cast<float>(s.width)); }

template <class T>
void read_sequence(const AttentionShape& s, const T* qkv, Workspace& work) {
  const std::ptrdiff_t apart = 3 * s.channels;
  read(qkv, s.length, s.width, apart, work.queries);
  read(qkv + s.channels, s.length, s.width, apart, work.keys);
  read(qkv + 2 * s.channels, s.length, s.width, apart, work.values);
  transpose(work.keys, s.length, s.width, work.keys_across);
  work.scores.resize(strip, s.length);
}

// Of `count` tokens from `first` on, for all tokens.
template <class T>
void score(const AttentionShape& s, std::ptrdiff_t first, std::ptrdiff_t count, Workspace& work) {
  work.scores.clear();
  add_product(rows_of(work.queries, first), count, s.width, work.keys_across.row(0), work.scores);
  for (std::ptrdiff_t row = 0; row < count; ++row) softmax<T>(work.scores.row(row), s.length, factor_of(s));
}

template <class T>
void forward(const AttentionShape& s, const T* qkv, T* y) {
  Workspace& work = workspace();
  read_sequence(s, qkv, work);
  work.sums.resize(strip, s.width);
  for (std::ptrdiff_t first = 0; first < s.length; first += strip) {
    const std::ptrdiff_t count = std::min(strip, s.length - first);
    score<T>(s, first, count, work);
    work.sums.clear();
    add_product(rows_of(work.scores, 0), count, s.length, work.values.row(0), work.sums);
    write(work.sums, count, s.width, y + first * s.channels, s.channels);
  }
}

template <class T>
void backward(const AttentionShape& s, const T* qkv, const T* gradient, T* qkv_gradient) {
  Workspace& work = workspace();
  read_sequence(s, qkv, work);
  read(gradient, s.length, s.width, s.channels, work.gradients);
  transpose(work.values, s.length, s.width, work.values_across);
  work.score_gradients.resize(strip, s.length);
  for (Matrix* const sums : {&work.query_gradients, &work.key_gradients, &work.value_gradients}) {
    sums->resize(s.length, s.width);
    sums->clear();
  }
  for (std::ptrdiff_t first = 0; first < s.length; first += strip) {
    const std::ptrdiff_t count = std::min(strip, s.length - first);
    score<T>(s, first, count, work);
    add_product(columns_of(work.scores), s.length, count, work.gradients.row(first), work.value_gradients);
    work.score_gradients.clear();
    add_product(rows_of(work.gradients, first), count, s.width, work.values_across.row(0), work.score_gradients);
    for (std::ptrdiff_t row = 0; row < count; ++row)
      softmax_gradient(work.scores.row(row), work.score_gradients.row(row), s.length, factor_of(s));
    add_product(rows_of(work.score_gradients, 0), count, s.length, work.keys.row(0), work.query_gradients, first);
    add_product(columns_of(work.score_gradients), s.length, count, work.queries.row(first), work.key_gradients);
  }
  const std::ptrdiff_t apart = 3 * s.channels;
  write(work.query_gradients, s.length, s.width, qkv_gradient, apart);
  write(work.key_gradients, s.length, s.width, qkv_gradient + s.channels, apart);
  write(work.value_gradients, s.length, s.width, qkv_gradient + 2 * s.channels, apart);
}

template <class T>
constexpr Attention<T> table{&forward<T>, &backward<T>};

const Attention<float>* float_table() { return &table<float>; }
const Attention<std::uint16_t>* bfloat_table() { return &table<std::uint16_t>; }

}  // namespace
}  // namespace aviary::nn::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace aviary::nn::kernels {
AVIARY_DISPATCH(Attention, attention)
}  // namespace aviary::nn::kernels
#endif
