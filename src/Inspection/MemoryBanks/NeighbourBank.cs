using System.Numerics.Tensors;
using ClipFusion.Models.Pack;

namespace ClipFusion.Inspection.MemoryBanks;

/// <summary>
/// The references' features at one layer for parts that always lie alike: a cell is compared with those rows alone that lie at most so many
/// cells from its own place, up, down and to the sides (Chebyshev). Immutable and safe to search from several threads at once.
/// </summary>
/// <remarks>So few rows are compared that the host does it, whatever ran the network.</remarks>
public sealed class NeighbourBank
{
    private readonly float[][] _images;
    private readonly bool[]?[] _ignored;
    private readonly BackboneLayer _layer;
    private readonly int _radius;

    private NeighbourBank(float[][] images, bool[]?[] ignored, BackboneLayer layer, int radius) =>
        (_images, _ignored, _layer, _radius) = (images, ignored, layer, radius);

    /// <summary>Makes a bank; every row is scaled to length 1.</summary>
    /// <param name="images">One entry a reference image, a row a cell, at least one image.</param>
    /// <param name="layer">Their layer.</param>
    /// <param name="radius">Cells from a row's place to a query's, 0 or more.</param>
    /// <exception cref="ArgumentException">No image, a row that is zero or not a number, or a place with no row near it that is not
    /// ignored.</exception>
    public static NeighbourBank Create(IReadOnlyList<ReferenceFeatures> images, BackboneLayer layer, int radius)
    {
        ArgumentNullException.ThrowIfNull(images);
        ArgumentNullException.ThrowIfNull(layer);
        ArgumentOutOfRangeException.ThrowIfNegative(radius);
        if (images.Count == 0)
            throw new ArgumentException("The memory bank is empty: no reference image; at least one is needed.", nameof(images));
        var unit = new float[images.Count][];
        for (int i = 0; i < unit.Length; i++)
        {
            unit[i] = new float[images[i].Rows.Length];
            if (unit[i].Length != layer.GridSize * layer.GridSize * layer.Channels)
                throw new ArgumentException(
                    $"{MemoryBank.Name(i)} has {unit[i].Length} values at layer {layer.Name}; {layer.GridSize} x {layer.GridSize} cells of "
                        + $"{layer.Channels} are expected.",
                    nameof(images)
                );
            // Ignored rows are not looked at, as in the other banks.
            for (int row = 0; row < layer.GridSize * layer.GridSize; row++)
            {
                if (images[i].Ignored?[row] == true)
                    continue;
                Range values = (row * layer.Channels)..((row + 1) * layer.Channels);
                UnitRows.Normalize(images[i].Rows.Span[values], unit[i].AsSpan(values), MemoryBank.Name(i), row);
            }
        }

        var bank = new NeighbourBank(unit, [.. images.Select(i => i.Ignored)], layer, radius);
        bank.RequireNeighbours(exclude: null);
        return bank;
    }

    /// <summary>For every cell the distance to its nearest row, (1 - cosine) / 2, as <see cref="MemoryBank.Search"/> gives it.</summary>
    /// <param name="queries">A row a cell, each of length 1.</param>
    /// <param name="distances">Receives a distance a cell; owned by the caller.</param>
    /// <param name="exclude">Number of a reference image whose rows are left out, or null.</param>
    /// <param name="parallelism">Threads at most, at least 1.</param>
    /// <param name="cancellation">Ends the search early; the destination is then undefined.</param>
    /// <exception cref="ArgumentException">Lengths don't fit, the image to leave out is not there, or a cell has no row near it
    /// without it.</exception>
    public unsafe void Search(
        ReadOnlySpan<float> queries,
        Span<float> distances,
        int? exclude,
        int parallelism,
        CancellationToken cancellation
    )
    {
        int side = _layer.GridSize;
        if (queries.Length != side * side * _layer.Channels || distances.Length != side * side)
            throw new ArgumentException(
                $"{queries.Length} values and room for {distances.Length} distances; {side} x {side} cells of {_layer.Channels} are "
                    + $"expected at layer {_layer.Name}.",
                nameof(queries)
            );
        if (exclude is { } image)
            RequireRowsWithout(image);
        fixed (
            float* query = queries,
                distance = distances
        )
        {
            // Parallel.For returns only when every row has ended, so the pinned memory outlives its use.
            nint from = (nint)query,
                to = (nint)distance;
            var options = new ParallelOptions { MaxDegreeOfParallelism = parallelism, CancellationToken = cancellation };
            Parallel.For(0, side, options, y => SearchRow(y, exclude, (float*)from, (float*)to));
        }
    }

    private unsafe void SearchRow(int y, int? exclude, float* queries, float* distances)
    {
        for (int x = 0; x < _layer.GridSize; x++)
        {
            int cell = (y * _layer.GridSize) + x;
            var query = new ReadOnlySpan<float>(queries + ((long)cell * _layer.Channels), _layer.Channels);
            float nearest = float.NegativeInfinity;
            for (int image = 0; image < _images.Length; image++)
            {
                if (image != exclude)
                    nearest = MathF.Max(nearest, Nearest(query, image, x, y));
            }

            distances[cell] = NativeBankSearcher.Distance(nearest);
        }
    }

    /// <summary>The largest cosine to one image's rows near a place; minus infinity where all are ignored. NaN, which a broken network
    /// gives, stays.</summary>
    private float Nearest(ReadOnlySpan<float> query, int image, int x, int y)
    {
        (int left, int right) = Near(x);
        (int top, int bottom) = Near(y);
        float nearest = float.NegativeInfinity;
        for (int row = top; row <= bottom; row++)
        for (int column = left; column <= right; column++)
        {
            int cell = (row * _layer.GridSize) + column;
            if (_ignored[image]?[cell] == true)
                continue;
            float cosine = TensorPrimitives.Dot(query, _images[image].AsSpan(cell * query.Length, query.Length));
            nearest = MathF.Max(nearest, cosine);
        }

        return nearest;
    }

    private (int First, int Last) Near(int place) => (Math.Max(0, place - _radius), Math.Min(_layer.GridSize - 1, place + _radius));

    private void RequireRowsWithout(int image)
    {
        if ((uint)image >= (uint)_images.Length)
            throw new ArgumentException($"Image {image} can't be left out: the bank has images 0 .. {_images.Length - 1}.", nameof(image));
        if (_images.Length == 1)
            throw new ArgumentException(
                $"Without image {image} the bank is empty: leave-one-out needs rows from at least two reference images.",
                nameof(image)
            );
        RequireNeighbours(image);
    }

    private void RequireNeighbours(int? exclude)
    {
        if (Array.TrueForAll(_ignored, i => i is null))
            return;
        for (int y = 0; y < _layer.GridSize; y++)
        for (int x = 0; x < _layer.GridSize; x++)
        {
            if (!HasNeighbour(x, y, exclude))
                throw new ArgumentException(
                    $"At layer {_layer.Name}, row {y}, column {x} of {_layer.GridSize} x {_layer.GridSize} cells, every reference is "
                        + $"ignored within positionRadius {_radius}; a greater radius or a smaller ignored part is expected."
                );
        }
    }

    private bool HasNeighbour(int x, int y, int? exclude)
    {
        (int left, int right) = Near(x);
        (int top, int bottom) = Near(y);
        for (int image = 0; image < _images.Length; image++)
        {
            if (image == exclude)
                continue;
            for (int row = top; row <= bottom; row++)
            for (int column = left; column <= right; column++)
            {
                if (_ignored[image]?[(row * _layer.GridSize) + column] != true)
                    return true;
            }
        }

        return false;
    }
}
