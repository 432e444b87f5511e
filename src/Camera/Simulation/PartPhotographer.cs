namespace ClipFusion.Camera.Simulation;

/// <summary>Fills a frame with one part's picture, as the script wants it. One picture at a time; thread-safe.</summary>
internal sealed class PartPhotographer(SimulatedLine line)
{
    /// <summary>Passes of the binomial filter that nobody calls sharp: a deviation of six pixels.</summary>
    private const int OutOfFocusPasses = 72;

    private readonly PartRenderer _renderer = new(line.Planner);
    private readonly Lock _exposing = new();
    private byte[] _whole = [];

    /// <summary>The layout of the frame that this rule lets the camera send.</summary>
    public FrameShape ShapeFor(CameraFaultRule? rule) =>
        rule?.Fault == CameraFault.WrongSize
            ? FrameShape.Packed(line.Options.Width / 2, line.Options.Height / 2, line.Options.Format)
            : line.Shape;

    /// <summary>Renders the part into a frame of <see cref="ShapeFor"/>.</summary>
    public void Take(Frame frame, ulong part, CameraFaultRule? rule)
    {
        PartPlan plan = line.Planner.Plan(part);
        plan = rule?.Fault switch
        {
            CameraFault.TooDark => plan with { Gain = 0.03f },
            CameraFault.TooBright => plan with { Gain = 9 },
            CameraFault.Blurred => plan with { BlurPasses = OutOfFocusPasses },
            _ => plan,
        };
        lock (_exposing)
        {
            if (frame.Shape == line.Shape)
                _renderer.Render(plan, frame.Pixels);
            else
                TakeWindow(frame, plan);
        }
        if (rule?.Fault == CameraFault.HalfFrame)
            frame.Pixels[(frame.Stride * (frame.Height / 2))..].Clear();
    }

    /// <summary>A frame of another size shows the upper left window of the sensor, as a camera does whose region of interest was left
    /// wrong.</summary>
    private void TakeWindow(Frame frame, PartPlan plan)
    {
        if (_whole.Length == 0)
            _whole = new byte[line.Shape.ByteCount];
        _renderer.Render(plan, _whole);
        for (int y = 0; y < frame.Height; y++)
            _whole.AsSpan(y * line.Shape.Stride, frame.Stride).CopyTo(frame.Pixels[(y * frame.Stride)..]);
    }
}
