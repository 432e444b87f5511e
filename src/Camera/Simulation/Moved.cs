namespace ClipFusion.Camera.Simulation;

/// <summary>A piece of the surface that is missing, or sits beside its place and turned.</summary>
internal sealed class Moved
{
    private readonly PartPlanner _planner;
    private readonly Placement _placement;
    private readonly SurfaceFeature _piece;
    private readonly bool _isMissing;
    private readonly float _shiftU,
        _shiftV,
        _sin,
        _cos;

    private Moved(PartPlanner planner, Placement placement, SurfaceFeature piece, bool isMissing, float shiftU, float shiftV, float turn)
    {
        (_planner, _placement, _piece, _isMissing) = (planner, placement, piece, isMissing);
        (_shiftU, _shiftV) = (shiftU, shiftV);
        (_sin, _cos) = MathF.SinCos(turn);
    }

    private bool IsPatch => _planner.Surface.Repeats;

    public static Moved Of(PartPlanner planner, PartPlan plan, DefectPlan defect)
    {
        var random = new PartRandom(defect.Seed, 0, use: 3);
        float size = planner.Surface.Size;
        (float u, float v) = plan.Placement.ToTexel(defect.X, defect.Y);
        SurfaceFeature piece =
            defect.Feature ?? new SurfaceFeature("patch", u / size, v / size, random.Range(0.035f, 0.06f), random.Range(0.03f, 0.05f));
        float angle = random.Range(0, 2 * MathF.PI),
            away = 0.7f * MathF.Min(piece.HalfWidth, piece.HalfHeight) + 0.004f;
        bool isPatch = defect.Feature is null;
        float turn = isPatch ? MathF.PI / 2 : random.Range(0.15f, 0.45f) * (random.Unit() < 0.5f ? 1 : -1);
        return new Moved(
            planner,
            plan.Placement,
            piece,
            defect.Kind == DefectKind.MissingPart,
            isPatch ? 0 : away * MathF.Cos(angle),
            isPatch ? 0 : away * MathF.Sin(angle),
            turn
        );
    }

    /// <summary>Draws where the picture differs from that of a good part: where the piece belongs and where it is.</summary>
    public void Cover(Coverage coverage)
    {
        float size = _planner.Surface.Size,
            perPixel = MathF.Sqrt(_placement.Along * _placement.Along + _placement.Across * _placement.Across);
        (float x, float y) = _placement.ToPixel(_piece.U * size, _piece.V * size);
        float reach =
            (
                MathF.Sqrt(_piece.HalfWidth * _piece.HalfWidth + _piece.HalfHeight * _piece.HalfHeight)
                + MathF.Abs(_shiftU)
                + MathF.Abs(_shiftV)
            )
            * size
            / perPixel;
        coverage.Draw(x - reach, y - reach, x + reach, y + reach, (px, py) => Differs(px, py) ? 1 : 0);
    }

    /// <summary>What the pixel shows instead; call it for covered pixels.</summary>
    public uint Sample(float x, float y)
    {
        (float u, float v) = ToUnit(x, y);
        (float su, float sv) = Source(u, v);
        Surface surface = _planner.Surface;
        if (IsPatch)
            return Texel.Lerp(At(surface.Texels, su, sv), 0xFF000000, IsInside(u, v, -0.003f) ? 0u : 90u);
        return !_isMissing && IsPiece(su, sv) ? At(surface.Texels, su, sv) : At(surface.Bare, u, v);
    }

    private bool Differs(float x, float y)
    {
        (float u, float v) = ToUnit(x, y);
        if (IsPatch)
            return IsInside(u, v, 0);
        if (IsPiece(u, v))
            return true;
        (float su, float sv) = Source(u, v);
        return !_isMissing && IsPiece(su, sv);
    }

    private (float U, float V) ToUnit(float x, float y)
    {
        (float u, float v) = _placement.ToTexel(x, y);
        return (u / _planner.Surface.Size, v / _planner.Surface.Size);
    }

    /// <summary>The point of the good surface that is seen at (u, v), if the piece lies there.</summary>
    private (float U, float V) Source(float u, float v)
    {
        float du = u - _piece.U - _shiftU,
            dv = v - _piece.V - _shiftV;
        return (_piece.U + _cos * du + _sin * dv, _piece.V - _sin * du + _cos * dv);
    }

    private bool IsInside(float u, float v, float margin) =>
        MathF.Abs(u - _piece.U) <= _piece.HalfWidth + margin && MathF.Abs(v - _piece.V) <= _piece.HalfHeight + margin;

    /// <summary>Whether the good surface shows the piece here and not what lies under it.</summary>
    private bool IsPiece(float u, float v)
    {
        if (!IsInside(u, v, 0.004f))
            return false;
        int i = Index(u, v);
        return _planner.Surface.Texels[i] != _planner.Surface.Bare[i];
    }

    private int Index(float u, float v)
    {
        int size = _planner.Surface.Size;
        return ((int)MathF.Floor(v * size) & (size - 1)) * size + ((int)MathF.Floor(u * size) & (size - 1));
    }

    private uint At(uint[] texels, float u, float v)
    {
        int size = _planner.Surface.Size,
            mask = size - 1;
        float x = u * size - 0.5f,
            y = v * size - 0.5f;
        int x0 = (int)MathF.Floor(x),
            y0 = (int)MathF.Floor(y);
        uint fx = (uint)((x - x0) * 256) & 255,
            fy = (uint)((y - y0) * 256) & 255;
        int top = (y0 & mask) * size,
            bottom = ((y0 + 1) & mask) * size;
        return Texel.Bilinear(
            texels[top + (x0 & mask)],
            texels[top + ((x0 + 1) & mask)],
            texels[bottom + (x0 & mask)],
            texels[bottom + ((x0 + 1) & mask)],
            fx,
            fy
        );
    }
}
