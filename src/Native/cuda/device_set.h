// Several banks on one device, and the search in all of them with one launch of each kernel. Searches of one set work one after the other on the device, since
// they share the memory for what lies between the kernels, whatever streams they are enqueued on.
#pragma once
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "../clipfusion_native.h"
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

    // Enqueues; pointers are into the device's memory. Sizes and pointers have been checked. Throws Error: an unknown image, a bank without a row to search.
    void search(std::span<const cfn_device_query> queries, Stream stream);

    // Pointers are into this process's memory; done when it returns. Throws Error(CFN_BAD_VECTOR) too.
    void search_from_host(std::span<const cfn_device_query> queries);

private:
    void enqueue(std::span<Job> jobs, Stream stream);
    void launch(std::span<Job> jobs, Stream stream);

    std::unique_ptr<Gpu> gpu_;
    std::vector<DeviceBank> banks_;
    mutable std::mutex mutex_; // of what follows
    Memory workspace_;
    EventObject* mark_;
};

} // namespace cfn::cuda
