// The exported functions: checks of what callers give, and nothing else.
#include "../cpu/bank/coreset.h"
#include "../cpu/bank/file.h"
#include "../cpu/bank/search.h"
#include "checks.h"
#include "guard.h"
#include "handles.h"

using namespace cfn;

namespace {

void check(const cfn_search& search, uint32_t dimension) {
    require(
        search.struct_size == sizeof(cfn_search), CFN_BAD_ARGUMENT, "cfn_search.struct_size is ", search.struct_size, "; this version has ",
        sizeof(cfn_search), "."
    );
    require_format(search.format);
    require_shape(search.query_values, search.query_count, dimension, "queries");
    require_threads(search.threads);
    require(
        search.exclude_image >= -1, CFN_BAD_ARGUMENT, "exclude_image is ", search.exclude_image,
        "; expected is an image's id, or -1 for none."
    );
    if (search.query_count == 0) return;
    require_pointer(search.queries, "queries");
    require_pointer(search.similarity, "similarity");
}

} // namespace

cfn_status cfn_abi_range(uint32_t* oldest, uint32_t* newest) {
    return guarded([&] {
        require_pointer(oldest, "oldest");
        require_pointer(newest, "newest");
        *oldest = CFN_ABI_OLDEST;
        *newest = CFN_ABI_NEWEST;
    });
}

size_t cfn_last_message(char* buffer, size_t capacity) { return copy_text(last_message.data(), buffer, capacity); }

size_t cfn_kernels(char* buffer, size_t capacity) {
    size_t length = 0;
    guarded([&] {
        std::string names;
        for (const Kernel* kernel : kernels()) names += std::string(names.empty() ? "" : " ") + kernel->name;
        length = copy_text(names, buffer, capacity);
    });
    return length;
}

cfn_status cfn_bank_create(uint32_t dimension, const char* kernel, cfn_bank* bank) {
    return guarded([&] {
        require_pointer(bank, "bank");
        require(
            dimension >= 1 && dimension <= CFN_MAX_DIMENSION, CFN_BAD_ARGUMENT, "dimension is ", dimension, "; expected is 1 .. ",
            CFN_MAX_DIMENSION, "."
        );
        *bank = banks().add(std::make_shared<Bank>(dimension, select_kernel(kernel == nullptr ? "" : kernel)));
    });
}

cfn_status cfn_bank_destroy(cfn_bank bank) {
    return guarded([&] { banks().remove(bank); });
}

cfn_status cfn_bank_append(
    cfn_bank bank, cfn_format format, const void* rows, uint64_t values, uint64_t row_count, const uint8_t* ignored, int32_t* image
) {
    return guarded([&] {
        const auto target = banks().get(bank);
        require_format(format);
        require_shape(values, row_count, target->dimension(), "rows");
        if (row_count > 0) require_pointer(rows, "rows");
        const int32_t id = target->append(rows, format, row_count, ignored);
        if (image != nullptr) *image = id;
    });
}

cfn_status cfn_bank_remove_image(cfn_bank bank, int32_t image) {
    return guarded([&] { banks().get(bank)->remove(image); });
}

cfn_status cfn_bank_replace(cfn_bank bank, cfn_bank with) {
    return guarded([&] { banks().get(bank)->replace(*banks().get(with)); });
}

cfn_status cfn_bank_info_get(cfn_bank bank, cfn_bank_info* info) {
    return guarded([&] {
        require_pointer(info, "info");
        require(
            info->struct_size == sizeof(cfn_bank_info), CFN_BAD_ARGUMENT, "cfn_bank_info.struct_size is ", info->struct_size,
            "; this version has ", sizeof(cfn_bank_info), "."
        );
        const auto source = banks().get(bank);
        const auto snapshot = source->snapshot();
        cfn_bank_info found{sizeof(cfn_bank_info),
                            source->dimension(),
                            snapshot->rows,
                            static_cast<uint32_t>(snapshot->segments.size()),
                            snapshot->next_image,
                            0,
                            {}};
        for (const auto& segment : snapshot->segments) found.bytes += segment->bytes();
        copy_text(source->kernel().name, found.kernel, sizeof found.kernel);
        *info = found;
    });
}

cfn_status cfn_bank_search(cfn_bank bank, const cfn_search* search) {
    return guarded([&] {
        require_pointer(search, "search");
        const cfn_search request = *search;
        const auto source = banks().get(bank);
        check(request, source->dimension());
        const auto snapshot = source->snapshot();
        cfn::search(*snapshot, source->kernel(), source->dimension(), request);
    });
}

cfn_status cfn_bank_coreset(cfn_bank bank, const cfn_coreset* coreset) {
    return guarded([&] {
        require_pointer(coreset, "coreset");
        const cfn_coreset request = *coreset;
        const auto source = banks().get(bank);
        const auto snapshot = source->snapshot();
        require(
            request.struct_size == sizeof(cfn_coreset), CFN_BAD_ARGUMENT, "cfn_coreset.struct_size is ", request.struct_size,
            "; this version has ", sizeof(cfn_coreset), "."
        );
        require_threads(request.threads);
        require(
            request.count >= 1 && request.count <= snapshot->rows, CFN_BAD_ARGUMENT, "count is ", request.count, "; expected is 1 .. ",
            snapshot->rows, ", the bank's rows."
        );
        require_pointer(request.row, "row");
        choose_coreset(*snapshot, source->kernel(), source->dimension(), request);
    });
}

cfn_status cfn_bank_save(cfn_bank bank, const char* path) {
    return guarded([&] {
        require_pointer(path, "path");
        const auto source = banks().get(bank);
        save(*source->snapshot(), source->dimension(), path);
    });
}

cfn_status cfn_bank_load(const char* path, const char* kernel, cfn_bank* bank) {
    return guarded([&] {
        require_pointer(path, "path");
        require_pointer(bank, "bank");
        const Kernel& chosen = select_kernel(kernel == nullptr ? "" : kernel);
        LoadedBank loaded = load(path);
        *bank = banks().add(std::make_shared<Bank>(loaded.dimension, chosen, std::move(loaded.snapshot)));
    });
}
