#include <vector>

#include <gtest/gtest.h>
#include <torch/types.h>

#include <aviary/elementwise.hpp>

namespace {

using aviary::Numbers;

struct NumbersOfTensors : testing::Test {
  const std::vector<at::Tensor> a = {torch::tensor({0.5, -2.0, 3.0}, torch::kFloat64), torch::tensor({4.0}, torch::kFloat64)};
  const std::vector<at::Tensor> b = {torch::tensor({1.5, -3.0, 0.0}, torch::kFloat64), torch::tensor({9.0}, torch::kFloat64)};

  // The formula once for each element, and once for all of them.
  template <class Formula>
  void expect_same(const Formula& formula) {
    std::vector<at::Tensor> looped = {b[0].clone(), b[1].clone()};
    aviary::elementwise(formula, a, looped);
    Numbers numbers(b);
    formula(Numbers(a), numbers);
    std::vector<at::Tensor> at_once = {torch::zeros({3}, torch::kFloat64), torch::zeros({1}, torch::kFloat64)};
    numbers.store(at_once);
    for (std::size_t i = 0; i < looped.size(); ++i) EXPECT_TRUE(at_once[i].allclose(looped[i])) << at_once[i] << looped[i];
  }
};

TEST_F(NumbersOfTensors, AddSubtractMultiplyAndDivideAsNumbersDo) {
  expect_same([]<class T>(T x, T& y) { y = (x + y) * (x - y) / (x * x + T(2)); });
  expect_same([]<class T>(T x, T& y) { y = T(3) * x + T(2) - y * T(0.5) / T(4); });
  expect_same([]<class T>(T x, T& y) { y = T(1) / x - (T(5) - y) - T(6) * T(7) / (T(8) - T(9)); });
}

TEST_F(NumbersOfTensors, ChangeAsNumbersDo) {
  expect_same([]<class T>(T x, T& y) {
    x += y;
    y -= x;
    y *= T(2);
    y /= x * x + T(1);
  });
}

TEST_F(NumbersOfTensors, HaveTheFunctionsThatOptimizersCall) {
  expect_same([]<class T>(T x, T& y) { y = aviary::sqrt(x * x) + aviary::sign(y) * aviary::sqrt(T(4)); });
  expect_same([]<class T>(T x, T& y) { y = aviary::larger(x, y) + aviary::larger(y, T(0)) + aviary::larger(T(1), x); });
  expect_same([]<class T>(T, T& y) { y = aviary::sign(T(-3)) * aviary::larger(T(1), T(2)); });
}

TEST_F(NumbersOfTensors, LeaveWhatTheyAreMadeOf) {
  const at::Tensor before = a[0].clone();
  Numbers x(a);
  x += Numbers(1);
  x *= x;
  EXPECT_TRUE(a[0].equal(before));
}

}  // namespace
