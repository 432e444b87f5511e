using System.Buffers;
using ClipFusion.Native;

namespace ClipFusion.Inspection.MemoryBanks;

/// <summary>Rows in the native library, whose images have the same numbers as the bank's.</summary>
internal sealed class NativeBankSearcher : IBankSearcher
{
    private readonly NativeBank _bank;

    private NativeBankSearcher(NativeBank bank) => (_bank, Kernel) = (bank, $"native {bank.Info.Kernel}");

    /// <inheritdoc/>
    public string Kernel { get; }

    /// <summary>The rows themselves, for a copy on a GPU; owned by this.</summary>
    public NativeBank Bank => _bank;

    /// <summary>(1 - cosine) / 2, on the host and on a GPU alike.</summary>
    public static float Distance(float cosine) => 0.5f * (1 - cosine);

    /// <summary>Copies the rows of reference images to the native library, which scales each to length 1.</summary>
    /// <exception cref="ArgumentException">A row that is zero or not a number.</exception>
    public static NativeBankSearcher Create(IReadOnlyList<ReferenceFeatures> images, int dimension, CancellationToken cancellation)
    {
        var bank = NativeBank.Create(dimension);
        try
        {
            for (int i = 0; i < images.Count; i++)
            {
                cancellation.ThrowIfCancellationRequested();
                Append(bank, images[i], MemoryBank.Name(i));
            }

            return new NativeBankSearcher(bank);
        }
        catch
        {
            bank.Dispose();
            throw;
        }
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
        long[] rows = ArrayPool<long>.Shared.Rent(nearest.Length);
        try
        {
            int threads = Math.Min(parallelism, NativeBank.MaxThreads);
            _bank.Search(queries, distances, rows.AsSpan(0, nearest.Length), exclude, threads, cancellation);
            for (int i = 0; i < nearest.Length; i++)
                nearest[i] = (int)rows[i];
            foreach (ref float value in distances)
                value = Distance(value);
        }
        finally
        {
            ArrayPool<long>.Shared.Return(rows);
        }
    }

    private static void Append(NativeBank bank, ReferenceFeatures image, string name)
    {
        try
        {
            bank.Append(image.Rows.Span, image.Ignored);
        }
        catch (ArgumentException e)
        {
            throw new ArgumentException($"{name}: {e.Message}", nameof(image), e);
        }
    }
}
