using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace ClipFusion.Inspection.MemoryBanks;

/// <summary>
/// Rows in managed memory, for machines without the native library: the same answers up to rounding, more slowly. The largest dot product
/// of every query comes from a matrix product whose result is reduced in registers and never written.
/// </summary>
/// <remarks>
/// The bank is stored in panels of <see cref="PanelRows"/> rows (two vectors wide), dimension-major: for each dimension the values of all
/// its rows lie side by side. Queries are packed the same way, six at a time, so the inner loop has twelve independent sums, two vector
/// loads and six broadcasts a dimension, fills the registers of AVX2 and NEON alike, and has no tail for odd dimensions. A panel stays in
/// the first-level cache while a block of queries passes over it; a block's packed queries stay in the second level while the bank streams
/// through once.
/// </remarks>
internal sealed unsafe class ManagedBankSearcher : IBankSearcher
{
    private const int TileQueries = 6;
    private const int BlockBytes = 256 * 1024;
    private const int MaxBlockTiles = 32;

    /// <summary>Rows of the bank that one pass of the inner loop compares with.</summary>
    public static readonly int PanelRows = 2 * Vector<float>.Count;

    private readonly int _dimension;
    private readonly BankImage[] _images;
    private readonly float[] _panels;

    private ManagedBankSearcher(int dimension, BankImage[] images, float[] panels) =>
        (_dimension, _images, _panels) = (dimension, images, panels);

    /// <inheritdoc/>
    public string Kernel => "managed";

    /// <summary>Packs the rows of reference images, each scaled to length 1.</summary>
    /// <exception cref="ArgumentException">More values than one array holds, or a row that is zero or not a number.</exception>
    public static ManagedBankSearcher Create(
        IReadOnlyList<ReferenceFeatures> images,
        BankImage[] layout,
        int dimension,
        CancellationToken cancellation
    )
    {
        long floats = layout.Sum(i => (long)i.Panels) * PanelRows * dimension;
        if (floats > Array.MaxLength)
        {
            throw new ArgumentException(
                $"{layout.Sum(i => (long)i.Rows)} rows of {dimension} values are more than one bank holds ({Array.MaxLength} values); "
                    + "use fewer references.",
                nameof(images)
            );
        }

        var panels = new float[floats];
        for (int i = 0; i < layout.Length; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            Fill(images[i], layout[i], dimension, panels, MemoryBank.Name(i));
        }

        return new ManagedBankSearcher(dimension, layout, panels);
    }

    /// <inheritdoc/>
    public void Search(
        ReadOnlySpan<float> queries,
        Span<float> distances,
        Span<int> nearest,
        int? exclude,
        int parallelism,
        CancellationToken cancellation
    )
    {
        int dimension = _dimension;
        int count = distances.Length;
        int tiles = (count + TileQueries - 1) / TileQueries;
        int blockTiles = Math.Clamp(BlockBytes / (dimension * sizeof(float) * TileQueries), 1, MaxBlockTiles);
        blockTiles = Math.Clamp((tiles + parallelism - 1) / parallelism, 1, blockTiles);
        int blocks = (tiles + blockTiles - 1) / blockTiles;

        fixed (
            float* bank = _panels,
                query = queries,
                distance = distances
        )
        fixed (int* index = nearest)
        {
            var job = new Job(
                bank,
                _images,
                dimension,
                query,
                count,
                distance,
                index,
                exclude ?? -1,
                blockTiles * TileQueries,
                cancellation
            );
            if (parallelism == 1 || blocks == 1)
            {
                for (int block = 0; block < blocks; block++)
                    job.Run(block);
                return;
            }

            // Parallel.For returns only when every block has ended, so the pinned memory outlives its use.
            Parallel.For(
                0,
                blocks,
                new ParallelOptions { MaxDegreeOfParallelism = parallelism, CancellationToken = cancellation },
                job.Run
            );
        }
    }

    private static void Fill(ReferenceFeatures image, BankImage layout, int dimension, float[] panels, string name)
    {
        var unit = new float[dimension];
        ReadOnlySpan<float> rows = image.Rows.Span;
        int kept = 0;
        for (int row = 0; kept < layout.Rows; row++)
        {
            if (image.Ignored is not null && image.Ignored[row])
                continue;
            UnitRows.Normalize(rows.Slice(row * dimension, dimension), unit, name, row);
            Pack(unit, panels, layout, kept++);
        }

        // The rest of the last panel repeats the last row, which can't win against itself: of equal rows the lower number is kept.
        for (int pad = kept; pad < layout.Panels * PanelRows; pad++)
            Pack(unit, panels, layout, pad);
    }

    /// <summary>Puts a unit row at place <paramref name="row"/> of an image's panels.</summary>
    private static void Pack(ReadOnlySpan<float> unit, float[] panels, BankImage image, int row)
    {
        long start = ((long)(image.FirstPanel + (row / PanelRows)) * PanelRows * unit.Length) + (row % PanelRows);
        for (int k = 0; k < unit.Length; k++)
            panels[start + ((long)k * PanelRows)] = unit[k];
    }

    private sealed class Job(
        float* bank,
        BankImage[] images,
        int dimension,
        float* queries,
        int count,
        float* distances,
        int* nearest,
        int exclude,
        int blockQueries,
        CancellationToken cancellation
    )
    {
        public void Run(int block)
        {
            int first = block * blockQueries,
                rows = Math.Min(blockQueries, count - first);
            int tiles = (rows + TileQueries - 1) / TileQueries;
            float[] packed = ArrayPool<float>.Shared.Rent(tiles * TileQueries * dimension);
            float[] best = ArrayPool<float>.Shared.Rent(tiles * TileQueries * PanelRows);
            int[] bestRow = ArrayPool<int>.Shared.Rent(tiles * TileQueries * PanelRows);
            try
            {
                // Any product is larger, so the row numbers need no start value.
                best.AsSpan().Fill(float.NegativeInfinity);
                fixed (
                    float* p = packed,
                        b = best
                )
                fixed (int* r = bestRow)
                {
                    PackQueries(queries + ((long)first * dimension), rows, tiles, p);
                    for (int image = 0; image < images.Length; image++)
                    {
                        if (image != exclude)
                            Compare(images[image], p, tiles, b, r);
                    }

                    for (int i = 0; i < rows; i++)
                        Reduce(b + (i * PanelRows), r + (i * PanelRows), first + i);
                }
            }
            finally
            {
                ArrayPool<float>.Shared.Return(packed);
                ArrayPool<float>.Shared.Return(best);
                ArrayPool<int>.Shared.Return(bestRow);
            }
        }

        /// <summary>Six queries side by side per dimension; the last tile repeats the last query, whose copies are not read back.</summary>
        private void PackQueries(float* source, int rows, int tiles, float* packed)
        {
            for (int i = 0; i < tiles * TileQueries; i++)
            {
                float* row = source + ((long)Math.Min(i, rows - 1) * dimension);
                float* target = packed + (i / TileQueries * TileQueries * dimension) + (i % TileQueries);
                for (int k = 0; k < dimension; k++)
                    target[k * TileQueries] = row[k];
            }
        }

        private void Compare(BankImage image, float* packed, int tiles, float* best, int* bestRow)
        {
            for (int panel = 0; panel < image.Panels; panel++)
            {
                cancellation.ThrowIfCancellationRequested();
                float* rows = bank + ((long)(image.FirstPanel + panel) * PanelRows * dimension);
                int firstRow = image.FirstRow + (panel * PanelRows);
                for (int tile = 0; tile < tiles; tile++)
                {
                    long queriesBefore = (long)tile * TileQueries;
                    long lanesBefore = queriesBefore * PanelRows;
                    MultiplyTile(
                        packed + (queriesBefore * dimension),
                        rows,
                        dimension,
                        best + lanesBefore,
                        bestRow + lanesBefore,
                        firstRow
                    );
                }
            }
        }

        private void Reduce(float* best, int* bestRow, int query)
        {
            int lane = 0,
                row = bestRow[0];
            for (int i = 1; i < PanelRows; i++)
            {
                int candidate = bestRow[i] + i;
                if (best[i] > best[lane] || (best[i] == best[lane] && candidate < row))
                    (lane, row) = (i, candidate);
            }

            distances[query] = 0.5f * (1 - best[lane]);
            if (nearest != null)
                nearest[query] = row;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MultiplyTile(float* queries, float* rows, int dimension, float* best, int* bestRow, int firstRow)
    {
        Vector<float> a0 = default,
            a1 = default,
            b0 = default,
            b1 = default,
            c0 = default,
            c1 = default;
        Vector<float> d0 = default,
            d1 = default,
            e0 = default,
            e1 = default,
            f0 = default,
            f1 = default;
        for (int k = 0; k < dimension; k++)
        {
            Vector<float> left = Vector.Load(rows),
                right = Vector.Load(rows + Vector<float>.Count);
            var query = new Vector<float>(queries[0]);
            a0 = Vector.MultiplyAddEstimate(query, left, a0);
            a1 = Vector.MultiplyAddEstimate(query, right, a1);
            query = new Vector<float>(queries[1]);
            b0 = Vector.MultiplyAddEstimate(query, left, b0);
            b1 = Vector.MultiplyAddEstimate(query, right, b1);
            query = new Vector<float>(queries[2]);
            c0 = Vector.MultiplyAddEstimate(query, left, c0);
            c1 = Vector.MultiplyAddEstimate(query, right, c1);
            query = new Vector<float>(queries[3]);
            d0 = Vector.MultiplyAddEstimate(query, left, d0);
            d1 = Vector.MultiplyAddEstimate(query, right, d1);
            query = new Vector<float>(queries[4]);
            e0 = Vector.MultiplyAddEstimate(query, left, e0);
            e1 = Vector.MultiplyAddEstimate(query, right, e1);
            query = new Vector<float>(queries[5]);
            f0 = Vector.MultiplyAddEstimate(query, left, f0);
            f1 = Vector.MultiplyAddEstimate(query, right, f1);
            rows += 2 * Vector<float>.Count;
            queries += TileQueries;
        }

        Keep(a0, a1, best, bestRow, firstRow, 0);
        Keep(b0, b1, best, bestRow, firstRow, 1);
        Keep(c0, c1, best, bestRow, firstRow, 2);
        Keep(d0, d1, best, bestRow, firstRow, 3);
        Keep(e0, e1, best, bestRow, firstRow, 4);
        Keep(f0, f1, best, bestRow, firstRow, 5);
    }

    /// <summary>Keeps, lane by lane, the larger product and the number of its panel's first row; strictly larger, so that the lower row
    /// wins a tie.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Keep(Vector<float> left, Vector<float> right, float* best, int* bestRow, int firstRow, int query)
    {
        int offset = query * 2 * Vector<float>.Count;
        KeepLanes(left, best + offset, bestRow + offset, firstRow);
        KeepLanes(right, best + offset + Vector<float>.Count, bestRow + offset + Vector<float>.Count, firstRow);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void KeepLanes(Vector<float> product, float* best, int* bestRow, int firstRow)
    {
        Vector<float> before = Vector.Load(best);
        Vector<int> larger = Vector.GreaterThan(product, before);
        if (larger == Vector<int>.Zero)
            return;
        Vector.ConditionalSelect(larger.As<int, float>(), product, before).Store(best);
        Vector.ConditionalSelect(larger, new Vector<int>(firstRow), Vector.Load(bestRow)).Store(bestRow);
    }
}
