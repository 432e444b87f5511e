namespace ClipFusion.Camera.Simulation;

/// <summary>
/// A production line that doesn't exist. It is made once (its surface takes a fraction of a second); a <see cref="SimulatedCamera"/> sees
/// its parts and a <see cref="LineTruth"/> knows what is wrong with them. The two share nothing but the part number.
/// </summary>
public sealed class SimulatedLine
{
    /// <summary>Makes the line.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public SimulatedLine(LineOptions options)
    {
        Planner = new PartPlanner(options);
        Shape = FrameShape.Packed(options.Width, options.Height, options.Format);
        Truth = new LineTruth(Planner);
    }

    /// <summary>What it was made with.</summary>
    public LineOptions Options => Planner.Options;

    /// <summary>Layout of its frames.</summary>
    public FrameShape Shape { get; }

    /// <summary>What is wrong with its parts. For scoring the decision, never for making it.</summary>
    public LineTruth Truth { get; }

    internal PartPlanner Planner { get; }
}
