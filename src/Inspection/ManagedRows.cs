namespace ClipFusion.Inspection;

/// <summary>Rows in managed memory, for machines without the native library: the same answers up to rounding, more slowly.</summary>
internal sealed class ManagedRows : IBankRows
{
    private readonly int _dimension;
    private readonly BankImage[] _images;
    private readonly float[] _panels;

    private ManagedRows(int dimension, BankImage[] images, float[] panels) => (_dimension, _images, _panels) = (dimension, images, panels);

    /// <inheritdoc/>
    public string Kernel => "managed";

    public static ManagedRows Create(IReadOnlyList<ReferenceFeatures> images, BankImage[] layout, int dimension, CancellationToken cancellation)
    {
        long floats = layout.Sum(i => (long)i.Panels) * BankKernel.PanelRows * dimension;
        if (floats > Array.MaxLength)
        {
            throw new ArgumentException($"{layout.Sum(i => (long)i.Rows)} rows of {dimension} values are more than one bank holds ({Array.MaxLength} values); use fewer references.", nameof(images));
        }

        var panels = new float[floats];
        for (int i = 0; i < layout.Length; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            Fill(images[i], layout[i], dimension, panels, MemoryBank.Name(i));
        }

        return new ManagedRows(dimension, layout, panels);
    }

    /// <inheritdoc/>
    public void Search(ReadOnlySpan<float> queries, Span<float> distances, Span<int> nearest, int? exclude, int parallelism, CancellationToken cancellation) =>
        BankKernel.Search(_panels, _images, _dimension, queries, distances, nearest, exclude, parallelism, cancellation);

    private static void Fill(ReferenceFeatures image, BankImage layout, int dimension, float[] panels, string name)
    {
        var unit = new float[dimension];
        ReadOnlySpan<float> rows = image.Rows.Span;
        int kept = 0;
        for (int row = 0; kept < layout.Rows; row++)
        {
            if (image.Ignored is not null && image.Ignored[row]) continue;
            UnitRows.Normalize(rows.Slice(row * dimension, dimension), unit, name, row);
            BankKernel.Pack(unit, panels, layout, kept++);
        }

        // The rest of the last panel repeats the last row, which can't win against itself: of equal rows the lower number is kept.
        for (int pad = kept; pad < layout.Panels * BankKernel.PanelRows; pad++) BankKernel.Pack(unit, panels, layout, pad);
    }
}
