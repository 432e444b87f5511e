// The exported functions of the GPU search: checks of what callers give, and nothing else.
#include <span>

#include "../cpu/bank/bank.h"
#include "../cuda/host/device_set.h"
#include "checks.h"
#include "guard.h"
#include "handles.h"

using namespace cfn;

namespace {

// Never destructed, as the table of banks.
Handles<cuda::DeviceSet>& sets() {
    static auto* const table = new Handles<cuda::DeviceSet>("device set");
    return *table;
}

void check(const cfn_device_query& query, std::span<const cuda::DeviceBank> banks) {
    require(
        query.struct_size == sizeof(cfn_device_query), CFN_BAD_ARGUMENT, "cfn_device_query.struct_size is ", query.struct_size,
        "; this version has ", sizeof(cfn_device_query), "."
    );
    require(query.bank < banks.size(), CFN_BAD_ARGUMENT, "bank is ", query.bank, "; the set has ", banks.size(), ", counted from 0.");
    require_format(query.format);
    require_shape(query.query_values, query.query_count, banks[query.bank].dimension(), "queries");
    require(
        query.exclude_image >= -1, CFN_BAD_ARGUMENT, "exclude_image is ", query.exclude_image,
        "; expected is an image's id, or -1 for none."
    );
    if (query.query_count == 0) return;
    require_pointer(query.queries, "queries");
    require_pointer(query.similarity, "similarity");
}

std::span<const cfn_device_query> checked(const cuda::DeviceSet& set, const cfn_device_query* queries, uint32_t count) {
    require(count <= CFN_MAX_DEVICE_QUERIES, CFN_BAD_ARGUMENT, "count is ", count, "; expected is 0 .. ", CFN_MAX_DEVICE_QUERIES, ".");
    if (count > 0) require_pointer(queries, "queries");
    const std::span<const cfn_device_query> all(queries, count);
    for (const cfn_device_query& query : all) check(query, set.banks());
    return all;
}

} // namespace

cfn_status cfn_device_probe(int32_t device, cfn_device_info* info) {
    return guarded([&] {
        require_pointer(info, "info");
        require(
            info->struct_size == sizeof(cfn_device_info), CFN_BAD_ARGUMENT, "cfn_device_info.struct_size is ", info->struct_size,
            "; this version has ", sizeof(cfn_device_info), "."
        );
        cuda::probe(device, *info);
    });
}

cfn_status cfn_device_set_create(int32_t device, const cfn_bank* banks, uint32_t count, cfn_device_set* set) {
    return guarded([&] {
        require_pointer(set, "set");
        require(
            count >= 1 && count <= CFN_MAX_DEVICE_BANKS, CFN_BAD_ARGUMENT, "count is ", count, "; expected is 1 .. ", CFN_MAX_DEVICE_BANKS,
            "."
        );
        require_pointer(banks, "banks");
        std::vector<std::shared_ptr<Bank>> sources;
        for (uint32_t i = 0; i < count; ++i) sources.push_back(cfn::banks().get(banks[i]));

        auto gpu = std::make_unique<cuda::Gpu>(device);
        std::vector<cuda::DeviceBank> copies;
        for (const auto& source : sources) copies.emplace_back(*gpu, *source->snapshot(), source->dimension());
        *set = sets().add(std::make_shared<cuda::DeviceSet>(std::move(gpu), std::move(copies)));
    });
}

cfn_status cfn_device_set_bytes(cfn_device_set set, uint64_t* bytes) {
    return guarded([&] {
        const auto found = sets().get(set);
        require_pointer(bytes, "bytes");
        *bytes = found->bytes();
    });
}

cfn_status cfn_device_set_destroy(cfn_device_set set) {
    return guarded([&] { sets().remove(set); });
}

cfn_status cfn_device_set_search(cfn_device_set set, const cfn_device_query* queries, uint32_t count, void* stream) {
    return guarded([&] {
        const auto found = sets().get(set);
        found->search(checked(*found, queries, count), stream);
    });
}

cfn_status cfn_device_set_search_down(cfn_device_set set, const cfn_device_query* queries, uint32_t count) {
    return guarded([&] {
        const auto found = sets().get(set);
        found->search_down(checked(*found, queries, count));
    });
}

cfn_status cfn_device_set_search_host(cfn_device_set set, const cfn_device_query* queries, uint32_t count) {
    return guarded([&] {
        const auto found = sets().get(set);
        found->search_from_host(checked(*found, queries, count));
    });
}
