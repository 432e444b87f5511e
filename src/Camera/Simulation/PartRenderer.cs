using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ClipFusion.Camera.Simulation;

/// <summary>Turns plans into pixels: surface, defect, focus, then light and sensor. Owns its working memory; not thread-safe.</summary>
internal sealed class PartRenderer
{
    private readonly PartPlanner _planner;
    private readonly uint[] _pixels;
    private readonly Coverage _coverage;
    private readonly DefectShape _shape;
    private readonly Focus _focus;
    private readonly Sensor _sensor;

    public PartRenderer(PartPlanner planner)
    {
        LineOptions options = planner.Options;
        _planner = planner;
        _pixels = GC.AllocateUninitializedArray<uint>(options.Width * options.Height, pinned: true);
        _coverage = new Coverage(options.Width, options.Height);
        _shape = new DefectShape(planner);
        _focus = new Focus(options.Width);
        _sensor = new Sensor(options);
    }

    /// <summary>Renders one part.</summary>
    /// <param name="plan">What.</param>
    /// <param name="bytes">Width x height of the options in their format, packed.</param>
    public void Render(PartPlan plan, Span<byte> bytes)
    {
        LineOptions options = _planner.Options;
        for (int y = 0; y < options.Height; y++)
        {
            Span<uint> row = _pixels.AsSpan(y * options.Width, options.Width);
            SampleSurface(plan.Placement, y, row);
            if (!_planner.Surface.Repeats)
                PutOnBelt(plan, y, row);
        }
        if (plan.Defect is { } defect)
        {
            _shape.Draw(plan, _coverage);
            DefectLook.Paint(_planner, plan, defect, _coverage, _pixels);
        }
        _focus.Blur(_pixels, plan.BlurPasses);
        _sensor.Read(_pixels, plan, bytes);
    }

    /// <summary>Bilinear, in 16.16 fixed point; coordinates wrap, as a surface either repeats or has transparent margins.</summary>
    private void SampleSurface(Placement placement, int y, Span<uint> row)
    {
        Surface surface = _planner.Surface;
        int mask = surface.Size - 1,
            shift = System.Numerics.BitOperations.Log2((uint)surface.Size);
        (float u0, float v0) = placement.ToTexel(0, y);
        int u = (int)(long)((u0 - 0.5) * 65536),
            v = (int)(long)((v0 - 0.5) * 65536);
        int stepU = (int)MathF.Round(placement.Along * 65536),
            stepV = (int)MathF.Round(-placement.Across * 65536);
        ref uint texels = ref MemoryMarshal.GetArrayDataReference(surface.Texels);
        for (int x = 0; x < row.Length; x++, u += stepU, v += stepV)
        {
            // The mask keeps every index inside the size x size texels.
            int x0 = (u >> 16) & mask,
                x1 = (x0 + 1) & mask,
                top = ((v >> 16) & mask) << shift,
                bottom = (((v >> 16) + 1) & mask) << shift;
            row[x] = Texel.Bilinear(
                Unsafe.Add(ref texels, top + x0),
                Unsafe.Add(ref texels, top + x1),
                Unsafe.Add(ref texels, bottom + x0),
                Unsafe.Add(ref texels, bottom + x1),
                (uint)(u >> 8) & 255,
                (uint)(v >> 8) & 255
            );
        }
    }

    private void PutOnBelt(PartPlan plan, int y, Span<uint> row)
    {
        Surface belt = _planner.Belt;
        int mask = belt.Size - 1;
        ReadOnlySpan<uint> beltRow = belt.Texels.AsSpan(((y + plan.BeltY) & mask) * belt.Size, belt.Size);
        for (int x = 0; x < row.Length; x++)
        {
            uint alpha = row[x] >> 24;
            if (alpha == 255)
                continue;
            // Transparent texels are black, so what bilinear sampling took from them is missing already.
            uint ground = Texel.Lerp(beltRow[(x + plan.BeltX) & mask], 0, alpha + 1);
            row[x] = alpha == 0 ? ground : (row[x] & 0xFFFFFF) + (ground & 0xFFFFFF) | 0xFF000000;
        }
    }
}
