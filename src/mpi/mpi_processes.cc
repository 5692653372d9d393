// Messages by MPI: their size, then their bytes. A module of its own, which the tool loads where mpirun has begun it.
#include <mpi.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "cli/mpi.h"

namespace poise::mpi {
namespace {

constexpr int kSizeTag = 1, kBytesTag = 2;
constexpr std::size_t kMostBytes = std::size_t{1} << 30;  // of one of MPI's messages, which counts in int

// An error of MPI, such as a process that is gone, ends all processes: its own handler sees to that.
class MpiChannel : public Channel {
 public:
  explicit MpiChannel(int rank) : rank_(rank) {}

  void send(std::string_view message) override {
    const std::uint64_t size = message.size();
    MPI_Send(&size, 1, MPI_UINT64_T, rank_, kSizeTag, MPI_COMM_WORLD);
    for_each_piece(size, [&](std::size_t first, int count) {
      MPI_Send(message.data() + first, count, MPI_BYTE, rank_, kBytesTag, MPI_COMM_WORLD);
    });
  }

  std::string receive() override {
    wait_for_message();
    std::uint64_t size = 0;
    MPI_Recv(&size, 1, MPI_UINT64_T, rank_, kSizeTag, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    std::string message(size, '\0');
    for_each_piece(size, [&](std::size_t first, int count) {
      MPI_Recv(message.data() + first, count, MPI_BYTE, rank_, kBytesTag, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    });
    return message;
  }

 private:
  template <typename Use>
  static void for_each_piece(std::size_t size, const Use& use) {
    for (std::size_t first = 0; first < size; first += kMostBytes)
      use(first, static_cast<int>(std::min(kMostBytes, size - first)));
  }

  /// MPI waits by asking without a pause, which takes the processor from those that share it.
  void wait_for_message() const {
    constexpr int kWithoutPause = 2000;
    constexpr auto kShort = std::chrono::microseconds(20), kLong = std::chrono::microseconds(500);
    auto pause = kShort;
    for (int k = 0;; ++k) {
      int is_there = 0;
      MPI_Iprobe(rank_, kSizeTag, MPI_COMM_WORLD, &is_there, MPI_STATUS_IGNORE);
      if (is_there) return;
      if (k < kWithoutPause) continue;
      std::this_thread::sleep_for(pause);
      pause = std::min(kLong, pause * 2);
    }
  }

  int rank_;
};

class Processes : public cli::MpiProcesses {
 public:
  Processes() {
    int provided = 0;
    MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank_);
    MPI_Comm_size(MPI_COMM_WORLD, &count_);
    MPI_Comm here;
    MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &here);
    MPI_Comm_size(here, &on_this_machine_);
    MPI_Comm_free(&here);
  }
  ~Processes() override { MPI_Finalize(); }

  int rank() const override { return rank_; }
  int count() const override { return count_; }
  int on_this_machine() const override { return on_this_machine_; }
  std::unique_ptr<Channel> channel_to(int rank) override { return std::make_unique<MpiChannel>(rank); }

 private:
  int rank_ = 0, count_ = 1, on_this_machine_ = 1;
};

}  // namespace

extern "C" cli::MpiProcesses* poise_mpi_processes() { return new Processes(); }

}  // namespace poise::mpi
