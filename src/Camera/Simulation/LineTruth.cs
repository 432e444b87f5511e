namespace ClipFusion.Camera.Simulation;

/// <summary>What is true of one part.</summary>
/// <param name="Part">Its number.</param>
/// <param name="Defect">What is wrong; null for a good part.</param>
/// <param name="Caption">The same in words, such as "scratch on leather" or "missing bolt on cast metal flange"; "good" for a good
/// part.</param>
public sealed record PartTruth(ulong Part, DefectKind? Defect, string Caption)
{
    /// <summary>Whether something is wrong.</summary>
    public bool IsDefective => Defect is not null;
}

/// <summary>The ground truth of a simulated line, by part number and worked out when asked for. Thread-safe.</summary>
public sealed class LineTruth
{
    private readonly PartPlanner _planner;
    private readonly Lock _drawing = new();
    private Coverage? _coverage;

    internal LineTruth(PartPlanner planner) => _planner = planner;

    /// <summary>Says what is wrong with a part.</summary>
    public PartTruth Of(ulong part)
    {
        DefectPlan? defect = _planner.Plan(part).Defect;
        return new PartTruth(part, defect?.Kind, defect is null ? "good" : $"{Words(defect)} on {_planner.Surface.Name}");
    }

    /// <summary>Draws where it is wrong: 255 on the defect, 0 elsewhere.</summary>
    /// <param name="part">Its number.</param>
    /// <param name="mask">One byte per pixel of the frame, row by row; overwritten.</param>
    /// <exception cref="ArgumentException">The mask has another size than the frame.</exception>
    public void DrawMask(ulong part, Span<byte> mask)
    {
        (int width, int height) = (_planner.Options.Width, _planner.Options.Height);
        if (mask.Length != width * height)
            throw new ArgumentException(
                $"the mask has {mask.Length} bytes; a frame of {width} x {height} needs {width * height}",
                nameof(mask)
            );
        mask.Clear();
        lock (_drawing)
        {
            _coverage ??= new Coverage(width, height);
            new DefectShape(_planner).Draw(_planner.Plan(part), _coverage);
            for (int y = _coverage.Top; y < _coverage.Bottom; y++)
            {
                for (int x = _coverage.Left; x < _coverage.Right; x++)
                    mask[y * width + x] = _coverage[x, y] >= 128 ? (byte)255 : (byte)0;
            }
        }
    }

    private static string Words(DefectPlan defect) =>
        defect.Kind switch
        {
            DefectKind.MissingPart => $"missing {defect.Feature?.Name}",
            DefectKind.MisplacedPart => $"misplaced {defect.Feature?.Name ?? "patch"}",
#pragma warning disable CA1308 // Captions are prose; upper case would be wrong.
            _ => defect.Kind.ToString().ToLowerInvariant(),
#pragma warning restore CA1308
        };
}
