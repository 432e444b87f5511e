// Copies to, from and within the emulated GPU's memory, at the ABI.
#include <cstddef>
#include <cstring>

#include "device_testing.h"

using namespace testing;

extern "C" {
int cuMemAlloc_v2(unsigned long long* address, std::size_t bytes);
int cuMemFree_v2(unsigned long long address);
}

namespace {

using Bytes = std::vector<unsigned char>;

// Memory of the emulated GPU, which is this process's, so that it can be looked into.
class Block {
public:
    explicit Block(std::size_t bytes) {
        if (cuMemAlloc_v2(&address_, bytes) != 0) throw Failure("no memory");
    }
    ~Block() { cuMemFree_v2(address_); }
    Block(const Block&) = delete;
    Block& operator=(const Block&) = delete;
    unsigned char* at(std::size_t offset = 0) const { return reinterpret_cast<unsigned char*>(address_) + offset; }
    Bytes content(std::size_t bytes) const { return {at(), at() + bytes}; }

private:
    unsigned long long address_ = 0;
};

bool says(const char* words) { return message().find(words) != std::string::npos; }

constexpr std::size_t size = 1000;

Bytes counted() {
    Bytes bytes(size);
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<unsigned char>(i * 7);
    return bytes;
}

} // namespace

TEST(DeviceCopy_ThereAndBack_KeepsTheBytesAndLeavesNothing) {
    const Bytes bytes = counted();
    for (int32_t device : devices) {
        const Block first(size), second(size);
        Bytes back(size);
        CHECK_STATUS(CFN_OK, cfn_device_upload(device, first.at(), bytes.data(), size));
        CHECK_STATUS(CFN_OK, cfn_device_copy(device, second.at(), first.at(), size));
        CHECK_STATUS(CFN_OK, cfn_device_download(device, back.data(), second.at(), size));
        CHECK(back == bytes);
    }
    CHECK(fake_leftovers() == 0);
}

TEST(DeviceCopy_WhenItReturns_IsMadeForWhoeverReadsWithoutTheDefaultStream) {
    const Bytes bytes = counted();
    const Block first(size), second(size);
    CHECK_STATUS(CFN_OK, cfn_device_upload(0, first.at(), bytes.data(), size));
    CHECK(first.content(size) == bytes);
    CHECK_STATUS(CFN_OK, cfn_device_copy(0, second.at(), first.at(), size));
    CHECK(second.content(size) == bytes);
}

TEST(DeviceCopy_OfAPart_LeavesTheRest) {
    const Bytes bytes = counted();
    const Block block(size);
    const Bytes before = block.content(size);
    CHECK_STATUS(CFN_OK, cfn_device_upload(0, block.at(10), bytes.data(), 5));
    Bytes expected = before;
    std::memcpy(expected.data() + 10, bytes.data(), 5);
    CHECK(block.content(size) == expected);
}

TEST(DeviceCopy_OfNothing_IsDoneWithoutPointers) {
    for (const auto copy : {cfn_device_upload, cfn_device_download, cfn_device_copy}) {
        CHECK_STATUS(CFN_OK, copy(0, nullptr, nullptr, 0));
        CHECK_STATUS(CFN_NO_DEVICE, copy(2, nullptr, nullptr, 0));
    }
    CHECK(fake_leftovers() == 0);
}

TEST(DeviceCopy_BadArguments_AreRefused) {
    const Block block(size);
    Bytes bytes(size);
    for (const auto copy : {cfn_device_upload, cfn_device_download, cfn_device_copy}) {
        CHECK_STATUS(CFN_BAD_ARGUMENT, copy(0, nullptr, block.at(), size));
        CHECK(says("to is null"));
        CHECK_STATUS(CFN_BAD_ARGUMENT, copy(0, block.at(), nullptr, size));
        CHECK(says("from is null"));
        CHECK_STATUS(CFN_NO_DEVICE, copy(2, block.at(), bytes.data(), 1));
        CHECK(says("no GPU 2"));
        CHECK_STATUS(CFN_NO_DEVICE, copy(-1, block.at(), bytes.data(), 1));
    }
}

TEST(DeviceCopy_PastTheEndOfTheMemory_IsTheDriversErrorAndCopiesNothing) {
    const Block block(size), other(2 * size);
    Bytes bytes(2 * size, 1);
    const Bytes before = block.content(size);
    CHECK_STATUS(CFN_DEVICE_FAILED, cfn_device_upload(0, block.at(1), bytes.data(), size));
    CHECK(says("could not take data: invalid argument"));
    CHECK_STATUS(CFN_DEVICE_FAILED, cfn_device_copy(0, block.at(1), other.at(), size));
    CHECK(says("could not copy data"));
    CHECK_STATUS(CFN_DEVICE_FAILED, cfn_device_copy(0, other.at(), block.at(1), size));
    CHECK_STATUS(CFN_DEVICE_FAILED, cfn_device_download(0, bytes.data(), block.at(1), size));
    CHECK(says("could not give data"));
    CHECK(block.content(size) == before && bytes == Bytes(2 * size, 1));
}

TEST(DeviceCopy_OnABrokenDevice_IsAStatusAndLeavesNothing) {
    {
        const Block block(size);
        Bytes bytes(size);
        FakeFaults faults;
        faults.copies_until_failure = 0;
        for (const auto copy : {cfn_device_upload, cfn_device_download, cfn_device_copy}) {
            fake_set_faults(&faults);
            CHECK_STATUS(CFN_DEVICE_FAILED, copy(0, block.at(), bytes.data(), size));
            CHECK(says("unspecified launch failure (CUDA error 719)"));
            // Nothing holds on to the failure.
            CHECK_STATUS(CFN_OK, cfn_device_upload(0, block.at(), bytes.data(), size));
        }
        const FakeFaults none;
        fake_set_faults(&none);
    }
    CHECK(fake_leftovers() == 0);
}
