// Several processes that train together, as threads of one: all that a world does goes over the loopback network.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <functional>
#include <thread>
#include <vector>

#include "distributed/world.hpp"

namespace aviary::test {

inline std::uint16_t free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ::bind(socket, reinterpret_cast<sockaddr*>(&address), size);
  ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
  ::close(socket);
  return ntohs(address.sin_port);
}

/// Calls `work` with each world of so many processes, each on a thread of its own.
inline void in_worlds(int size, const std::function<void(const distributed::World&)>& work) {
  const std::uint16_t port = free_port();
  std::vector<std::thread> processes;
  for (int rank = 0; rank < size; ++rank)
    processes.emplace_back([&, rank] {
      const auto world = distributed::World::join({.rank = rank, .size = size, .address = "127.0.0.1", .port = port});
      work(world);
      world.leave();
    });
  for (std::thread& process : processes) process.join();
}

}  // namespace aviary::test
