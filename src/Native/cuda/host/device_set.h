// Several banks on one device, and the search in all of them with one launch of each kernel. Searches of one set work one after the other
// on the device, since they share the memory for what lies between the kernels, whatever streams they are enqueued on.
#pragma once
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "../../clipfusion_native.h"
#include "device_bank.h"

namespace cfn::cuda {

class DeviceSet {
public:
    DeviceSet(std::unique_ptr<Gpu> gpu, std::vector<DeviceBank> banks);
    ~DeviceSet(); // waits for what is under way
    DeviceSet(const DeviceSet&) = delete;
    DeviceSet& operator=(const DeviceSet&) = delete;

    std::span<const DeviceBank> banks() const { return banks_; }
    std::size_t bytes() const;

    // Enqueues; pointers are into the device's memory. Sizes and pointers have been checked. Throws Error: an unknown image, a bank without
    // a row to search.
    void search(std::span<const cfn_device_query> queries, Stream stream);

    // Queries are in the device's memory, results go to this process's; done when it returns. Throws Error(CFN_BAD_VECTOR) too.
    void search_down(std::span<const cfn_device_query> queries);

    // All pointers are into this process's memory; otherwise as search_down.
    void search_from_host(std::span<const cfn_device_query> queries);

private:
    [[noreturn]] void fail_of(const cfn_device_query& query, std::size_t number);
    void enqueue(std::span<Job> jobs, Stream stream);
    void launch(std::span<Job> jobs, Stream stream);

    std::unique_ptr<Gpu> gpu_;
    std::vector<DeviceBank> banks_;
    std::mutex down_;          // held while results come down; taken before the other
    mutable std::mutex mutex_; // of what follows
    Memory results_;           // changed with both
    Memory workspace_;
    EventObject* mark_;
};

} // namespace cfn::cuda
