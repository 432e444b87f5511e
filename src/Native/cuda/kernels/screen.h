// Second: half-precision products of all queries with all rows, of which only the maximum of every query with every group of eight rows
// leaves the registers.
#pragma once
#include "products.h"

namespace cfn::cuda {

// Which queries and rows a block of threads multiplies. Blocks with the same rows follow each other, so that rows come from memory once and
// then from the cache.
struct BlockPlace {
    const Job& job;
    uint32_t query, row;
};

CFN_KERNEL BlockPlace block_place(const Batch& batch) {
    uint32_t j = 0;
    while (j + 1 < batch.count && block_index() >= batch.jobs[j + 1].first_block) ++j;
    const Job& job = batch.jobs[j];
    const uint32_t block = block_index() - job.first_block, across = (job.query_count + block_queries - 1) / block_queries;
    return {job, block % across * block_queries, block / across * block_rows};
}

// Begins to copy 32 coordinates of 128 vectors into a tile: 512 chunks, two a thread.
CFN_KERNEL void fetch(Half* tile, const Half* vectors, uint32_t padded) {
    static_assert(block_queries == block_rows && block_rows * step_values / 8 == 2 * screen_threads);
    const uint32_t row = thread_index() / 4, chunk = thread_index() % 4;
#pragma unroll
    for (uint32_t half = 0; half < 2; ++half) {
        const uint32_t r = row + half * (screen_threads / 4);
        copy16(tile + tile_place(r, chunk), vectors + static_cast<uint64_t>(r) * padded + chunk * 8);
    }
}

template <class Products>
CFN_KERNEL void write_maxima(const Products& products, const Job& job, uint32_t query, uint32_t row, uint32_t lane) {
    const uint32_t group = row / group_rows + Products::group(lane);
    const uint32_t groups = (job.row_count + block_rows - 1) / block_rows * block_groups;
    bool searched[group_rows];
#pragma unroll
    for (uint32_t j = 0; j < group_rows; ++j) searched[j] = is_searched(job, group_row<Products>(group, j));
#pragma unroll
    for (uint32_t m = 0; m < 4; ++m)
#pragma unroll
        for (uint32_t h = 0; h < 2; ++h) {
            float highest = -__builtin_inff();
#pragma unroll
            for (uint32_t j = 0; j < group_rows; ++j)
                if (searched[j] && products.value(m, h, j) > highest) highest = products.value(m, h, j);
            const uint32_t q = query + Products::query(m, h, lane);
            if (q < job.query_count) job.highest[static_cast<uint64_t>(q) * groups + group] = highest;
        }
}

template <class Products>
CFN_KERNEL void screen(const Batch& batch) {
    alignas(16) CFN_SHARED Half query_tiles[stages][block_queries * step_values];
    alignas(16) CFN_SHARED Half row_tiles[stages][block_rows * step_values];
    const BlockPlace place = block_place(batch);
    const uint32_t padded = place.job.padded, steps = padded / step_values;
    const Half* queries = place.job.halves + static_cast<uint64_t>(place.query) * padded;
    const Half* rows = place.job.rows + static_cast<uint64_t>(place.row) * padded;
    // Eight warps, two along the queries and four along the rows.
    const uint32_t lane = thread_index() % warp, warp_query = thread_index() / warp % 2 * warp_queries,
                   warp_row = thread_index() / warp / 2 * warp_rows;

    const auto fetch_step = [&](uint32_t step, uint32_t stage) {
        if (step < steps) {
            fetch(query_tiles[stage], queries + step * step_values, padded);
            fetch(row_tiles[stage], rows + step * step_values, padded);
        }
        commit_copies(); // a group for every step, so that counting groups counts steps
    };
    for (uint32_t step = 0; step + 1 < stages; ++step) fetch_step(step, step);

    Products products;
    uint32_t stage = 0;
    for (uint32_t step = 0; step < steps; ++step) {
        wait_for_copies<stages - 2>();
        sync_block(); // the step's tiles are whole, and nobody reads the step before any more: its place is free
        fetch_step(step + stages - 1, stage == 0 ? stages - 1 : stage - 1);
        products.add(query_tiles[stage] + warp_query * step_values, row_tiles[stage] + warp_row * step_values, lane);
        stage = stage + 1 == stages ? 0 : stage + 1;
    }
    write_maxima(products, place.job, place.query + warp_query, place.row + warp_row, lane);
}

} // namespace cfn::cuda
