using System.Numerics.Tensors;
using ClipFusion.Native;

namespace ClipFusion.Inspection.MemoryBanks;

/// <summary>The features of one normal reference image at one network block.</summary>
/// <param name="Rows">Rows x dimension values, row-major, raw (not normalised); read while the bank is created and not kept.</param>
/// <param name="Ignored">True where a row is left out of the bank, one entry a row; null = every row is taken.</param>
public readonly record struct ReferenceFeatures(ReadOnlyMemory<float> Rows, bool[]? Ignored = null);

/// <summary>Among which rows a coreset is chosen.</summary>
public enum CoresetScope
{
    /// <summary>Among those of all images together. A row may stand in for those of another image, so what the others are worth without an
    /// image can't be told.</summary>
    AllImages,

    /// <summary>Among those of each image by itself, so that leaving an image out leaves the others as they are.</summary>
    EachImage,
}

/// <summary>The part of a bank's rows that one reference image gave: rows <c>FirstRow ..</c>, in managed memory in panels <c>FirstPanel
/// ..</c>.</summary>
internal readonly record struct BankImage(int FirstRow, int Rows, int FirstPanel)
{
    public int Panels => (Rows + ManagedBankSearcher.PanelRows - 1) / ManagedBankSearcher.PanelRows;
}

/// <summary>
/// Step 5: the features of the normal reference images at one block, and the search for the nearest of them (equations 7 and 8:
/// the smallest (1 - cosine) / 2). Immutable and safe to search from several threads at once.
/// </summary>
public sealed class MemoryBank
{
    private readonly BankImage[] _images;
    private readonly IBankSearcher _searcher;
    private readonly int[] _origins;

    private MemoryBank(int dimension, BankImage[] images, IBankSearcher searcher, int[] origins) =>
        (Dimension, _images, _searcher, _origins) = (dimension, images, searcher, origins);

    /// <summary>Length of a feature vector.</summary>
    public int Dimension { get; }

    /// <summary>Rows in the bank, over all images, without the ignored ones.</summary>
    public int Count => _origins.Length;

    /// <summary>Reference images that the bank was made from, those without a remaining row included.</summary>
    public int ImageCount => _images.Length;

    /// <summary>What searches the bank: "native" with the processor's kernel, or "managed", slower, where the native library is not
    /// available.</summary>
    public string Kernel => _searcher.Kernel;

    /// <summary>The bank in the native library, from which a GPU gets its copy; null where that is not available.</summary>
    internal NativeBank? Native => (_searcher as NativeBankSearcher)?.Bank;

    /// <summary>Makes a bank; every row is scaled to length 1.</summary>
    /// <param name="images">One entry a reference image, at least one.</param>
    /// <param name="dimension">Length of a feature vector, at least 1.</param>
    /// <exception cref="ArgumentException">
    /// No image, no row left after the ignored ones, lengths that don't fit, or a row that is zero, NaN or infinite (image and row are
    /// named). Ignored rows are not looked at.
    /// </exception>
    public static MemoryBank Create(IReadOnlyList<ReferenceFeatures> images, int dimension) =>
        Create(images, dimension, NativeRuntime.IsAvailable);

    /// <summary>
    /// Coreset subsampling: makes a bank of some of the rows, chosen by greedy k-centre so that none that is left out is far from one that
    /// is kept (Roth et al., "Towards Total Recall in Industrial Anomaly Detection", 2022, algorithm 1, here over whole vectors). For many
    /// references: distances grow a little, the search takes its share of the time.
    /// </summary>
    /// <param name="images">As <see cref="Create(IReadOnlyList{ReferenceFeatures}, int)"/> has them.</param>
    /// <param name="dimension">Length of a feature vector, at least 1.</param>
    /// <param name="share">Share of the rows that is kept, above 0, at most 1; at least one row is (of each image that has any, where each
    /// is subsampled by itself).</param>
    /// <param name="parallelism">Threads at most, at least 1.</param>
    /// <param name="scope">Among which rows those that are kept are chosen.</param>
    /// <param name="cancellation">Ends the choice.</param>
    /// <exception cref="ArgumentException">As for the whole bank, or rows are to be left out and the native library, which chooses them, is
    /// not available.</exception>
    public static MemoryBank CreateCoreset(
        IReadOnlyList<ReferenceFeatures> images,
        int dimension,
        double share,
        int parallelism = 1,
        CoresetScope scope = CoresetScope.AllImages,
        CancellationToken cancellation = default
    )
    {
        if (!(share is > 0 and <= 1))
            throw new ArgumentOutOfRangeException(nameof(share), share, "The share of the rows is above 0 and at most 1.");
        if (share < 1 && scope == CoresetScope.EachImage)
        {
            // Of whole images: an empty one has nothing to choose from, and stays an image of the bank.
            ReferenceFeatures[] chosen =
            [
                .. images.Select(
                    (image, i) =>
                        KeptRows(image, dimension, Name(i)) == 0
                            ? image
                            : Chosen([image], dimension, share, parallelism, cancellation)?[0] ?? image
                ),
            ];
            return Create(chosen, dimension, NativeRuntime.IsAvailable, cancellation);
        }

        return Create(
            Chosen(images, dimension, share, parallelism, cancellation) ?? images,
            dimension,
            NativeRuntime.IsAvailable,
            cancellation
        );
    }

    /// <summary>The images with the rows ignored that are not in the coreset over all of them; null where every row is kept.</summary>
    private static ReferenceFeatures[]? Chosen(
        IReadOnlyList<ReferenceFeatures> images,
        int dimension,
        double share,
        int parallelism,
        CancellationToken cancellation
    )
    {
        if (share >= 1)
            return null;
        MemoryBank all = Create(images, dimension, NativeRuntime.IsAvailable, cancellation);
        int count = Math.Max(1, (int)(all.Count * share));
        if (count == all.Count)
            return null;
        using NativeBank rows =
            all.Native
            ?? throw new ArgumentException(
                $"A coreset is chosen by the native library, which is not available: {NativeRuntime.WhyNot}",
                nameof(share)
            );
        long[] chosen = new long[count];
        rows.ChooseCoreset(chosen, threads: Math.Min(parallelism, NativeBank.MaxThreads), cancellation: cancellation);
        bool[][] ignored = [.. images.Select(i => Enumerable.Repeat(true, i.Rows.Length / dimension).ToArray())];
        foreach (long row in chosen)
        {
            (int image, int place) = all.Origin((int)row);
            ignored[image][place] = false;
        }

        return [.. images.Select((image, i) => image with { Ignored = ignored[i] })];
    }

    /// <summary>As the other, with the search chosen; both give the same neighbours up to rounding. It can be ended between two
    /// images.</summary>
    internal static MemoryBank Create(
        IReadOnlyList<ReferenceFeatures> images,
        int dimension,
        bool native,
        CancellationToken cancellation = default
    )
    {
        ArgumentNullException.ThrowIfNull(images);
        var layout = new BankImage[images.Count];
        int rows = 0,
            panels = 0;
        for (int i = 0; i < layout.Length; i++)
        {
            int kept = KeptRows(images[i], dimension, Name(i));
            layout[i] = new BankImage(rows, kept, panels);
            rows += kept;
            panels += layout[i].Panels;
        }

        if (rows == 0)
        {
            throw new ArgumentException(
                $"The memory bank is empty: {layout.Length} reference images leave no row that is not ignored; at least one row is needed.",
                nameof(images)
            );
        }

        var origins = new int[rows];
        for (int i = 0; i < layout.Length; i++)
            NumberRows(images[i], layout[i], origins);
        IBankSearcher searcher = native
            ? NativeBankSearcher.Create(images, dimension, cancellation)
            : ManagedBankSearcher.Create(images, layout, dimension, cancellation);
        return new MemoryBank(dimension, layout, searcher, origins);
    }

    /// <summary>
    /// For every query the distance to its nearest row, (1 - cosine) / 2: 0 = same direction, 1 = opposite; not clamped, so rounding may
    /// leave it a little below 0.
    /// </summary>
    /// <param name="queries">
    /// Rows x <see cref="Dimension"/>, row-major, each of length 1
    /// (<see cref="UnitRows.Normalize(ReadOnlySpan{float}, int, Span{float}, string)"/>).
    /// </param>
    /// <param name="distances">Receives one distance a query; owned by the caller.</param>
    /// <param name="nearest">Receives the nearest row's number (0 .. <see cref="Count"/>-1; of equally near ones the lowest), or empty when
    /// nobody asks.</param>
    /// <param name="exclude">Number of a reference image whose rows are left out (leave-one-out scores), or null.</param>
    /// <param name="parallelism">Threads at most, at least 1.</param>
    /// <param name="cancellation">Ends the search early; the destinations are then undefined.</param>
    /// <exception cref="ArgumentException">Lengths don't fit, a query is not of length 1 (its number is named), or nothing is left to
    /// search.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> was cancelled.</exception>
    public void Search(
        ReadOnlySpan<float> queries,
        Span<float> distances,
        Span<int> nearest = default,
        int? exclude = null,
        int parallelism = 1,
        CancellationToken cancellation = default
    )
    {
        int count = UnitRows.Count(queries.Length, Dimension, "Queries");
        if (distances.Length != count)
        {
            throw new ArgumentException(
                $"{count} queries need {count} distances, but there is room for {distances.Length}.",
                nameof(distances)
            );
        }

        if (!nearest.IsEmpty && nearest.Length != count)
        {
            throw new ArgumentException(
                $"{count} queries need {count} row numbers or none, but there is room for {nearest.Length}.",
                nameof(nearest)
            );
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(parallelism, 1);
        if (exclude is int image)
            RequireRowsWithout(image);
        RequireUnit(queries);

        _searcher.Search(queries, distances, nearest, exclude, parallelism, cancellation);
    }

    /// <summary>Where a row of the bank came from, to show which normal patch a query was nearest to.</summary>
    /// <param name="row">A row's number, 0 .. <see cref="Count"/>-1.</param>
    /// <returns>The reference image's number and the row's number within that image, ignored rows counted.</returns>
    public (int Image, int Row) Origin(int row)
    {
        if ((uint)row >= (uint)Count)
            throw new ArgumentOutOfRangeException(nameof(row), row, $"The bank has rows 0 .. {Count - 1}.");
        int image = Array.FindLastIndex(_images, i => i.Rows > 0 && i.FirstRow <= row);
        return (image, _origins[row]);
    }

    /// <summary>What an image is called in error messages.</summary>
    internal static string Name(int image) => $"Reference image {image}";

    private static int KeptRows(ReferenceFeatures image, int dimension, string name)
    {
        int rows = UnitRows.Count(image.Rows.Length, dimension, name);
        if (image.Ignored is null)
            return rows;
        return image.Ignored.Length == rows
            ? image.Ignored.AsSpan().Count(false)
            : throw new ArgumentException(
                $"{name} has {rows} rows, but its ignore mask has {image.Ignored.Length} cells; one a row is expected.",
                nameof(image)
            );
    }

    private static void NumberRows(ReferenceFeatures image, BankImage layout, int[] origins)
    {
        int kept = 0;
        for (int row = 0; kept < layout.Rows; row++)
        {
            if (image.Ignored is null || !image.Ignored[row])
                origins[layout.FirstRow + kept++] = row;
        }
    }

    /// <summary>Throws when an image can't be left out.</summary>
    internal void RequireRowsWithout(int image)
    {
        if ((uint)image >= (uint)ImageCount)
        {
            throw new ArgumentException($"Image {image} can't be left out: the bank has images 0 .. {ImageCount - 1}.", nameof(image));
        }

        if (_images[image].Rows == Count)
        {
            throw new ArgumentException(
                $"Without image {image} the bank is empty: leave-one-out needs rows from at least two reference images.",
                nameof(image)
            );
        }
    }

    /// <summary>A query of another length would give a wrong distance, and one with NaN none at all, without any sign of it.</summary>
    private void RequireUnit(ReadOnlySpan<float> queries)
    {
        const double tolerance = 1e-3;
        for (int row = 0; row * Dimension < queries.Length; row++)
        {
            // In single precision, which is vectorised; what overflows is not of length 1 either.
            ReadOnlySpan<float> query = queries.Slice(row * Dimension, Dimension);
            if (Math.Abs(TensorPrimitives.Norm(query) - 1) < tolerance)
                continue;
            throw new ArgumentException($"Query {row} has length {UnitRows.Norm(query)}; a unit vector is expected.", nameof(queries));
        }
    }
}
