namespace ClipFusion.Camera.Simulation;

/// <summary>Draws where a defect is. The picture and the ground truth both come from here, so they can't differ.</summary>
internal sealed class DefectShape(PartPlanner planner)
{
    private readonly float _unit = planner.Options.Width / 1000f;

    /// <summary>Clears the coverage and draws the plan's defect, if it has one.</summary>
    public void Draw(PartPlan plan, Coverage coverage)
    {
        coverage.Clear();
        if (plan.Defect is not { } defect)
            return;
        var random = new PartRandom(defect.Seed, 0, use: 3);
        switch (defect.Kind)
        {
            case DefectKind.Scratch:
                Walk(coverage, defect, ref random, steps: 14, length: random.Range(90, 240), bend: 0.09f, width: random.Range(0.9f, 1.7f));
                break;
            case DefectKind.Crack:
                Crack(coverage, defect, ref random);
                break;
            case DefectKind.Fibre:
                Walk(
                    coverage,
                    defect,
                    ref random,
                    steps: 26,
                    length: random.Range(70, 150),
                    bend: 0.55f,
                    width: random.Range(0.9f, 1.4f),
                    taper: false
                );
                break;
            case DefectKind.Hole:
                Blob(coverage, defect, ref random, random.Range(7, 20), softness: 2.5f * _unit, roughness: 0.12f);
                break;
            case DefectKind.Stain:
                Blob(coverage, defect, ref random, random.Range(22, 58), softness: 14 * _unit, roughness: 0.22f);
                break;
            default:
                Moved.Of(planner, plan, defect).Cover(coverage);
                break;
        }
        if (!planner.Surface.Repeats)
            coverage.Keep((x, y) => planner.IsPart(plan.Placement, x, y));
    }

    /// <summary>A line that starts half its length before the middle and wanders on.</summary>
    private void Walk(
        Coverage coverage,
        DefectPlan defect,
        ref PartRandom random,
        int steps,
        float length,
        float bend,
        float width,
        bool taper = true
    )
    {
        float angle = random.Range(0, 2 * MathF.PI),
            turn = random.Around(bend),
            step = length * _unit / steps,
            half = MathF.Max(0.7f, width * _unit);
        float x = defect.X - MathF.Cos(angle) * step * steps / 2,
            y = defect.Y - MathF.Sin(angle) * step * steps / 2;
        for (int i = 0; i < steps; i++)
        {
            angle += turn + random.Around(bend);
            (float sin, float cos) = MathF.SinCos(angle);
            (float nextX, float nextY) = (x + step * cos, y + step * sin);
            coverage.Line(x, y, nextX, nextY, Radius(i), Radius(i + 1));
            (x, y) = (nextX, nextY);
        }

        float Radius(int i) => taper ? half * (0.35f + 0.65f * MathF.Sin(MathF.PI * (i + 0.5f) / (steps + 1))) : half;
    }

    private void Crack(Coverage coverage, DefectPlan defect, ref PartRandom random)
    {
        float heading = random.Range(0, 2 * MathF.PI),
            x = defect.X,
            y = defect.Y,
            half = random.Range(1.2f, 2.0f) * _unit;
        const int steps = 16;
        for (int i = 0; i < steps; i++)
        {
            (float sin, float cos) = MathF.SinCos(heading + random.Around(0.9f));
            float step = random.Range(6, 14) * _unit,
                from = half * (1 - (float)i / steps),
                to = half * (1 - (i + 1f) / steps);
            coverage.Line(x, y, x + step * cos, y + step * sin, MathF.Max(0.6f, from), MathF.Max(0.5f, to));
            (x, y) = (x + step * cos, y + step * sin);
            if (i % 5 != 3)
                continue;
            (sin, cos) = MathF.SinCos(heading + (random.Unit() < 0.5f ? 1.1f : -1.1f));
            float branch = random.Range(14, 30) * _unit;
            coverage.Line(x, y, x + branch * cos, y + branch * sin, MathF.Max(0.6f, from * 0.6f), 0.4f);
        }
    }

    /// <summary>A disc whose radius swells and shrinks around it.</summary>
    private void Blob(Coverage coverage, DefectPlan defect, ref PartRandom random, float radius, float softness, float roughness)
    {
        float r = radius * _unit,
            a2 = random.Around(roughness),
            a3 = random.Around(roughness),
            a5 = random.Around(roughness / 2),
            phase = random.Range(0, 6.28f);
        float reach = r * (1 + 2.5f * roughness) + softness;
        coverage.Draw(
            defect.X - reach,
            defect.Y - reach,
            defect.X + reach,
            defect.Y + reach,
            (x, y) =>
            {
                float dx = x - defect.X,
                    dy = y - defect.Y,
                    angle = MathF.Atan2(dy, dx) + phase;
                float edge = r * (1 + a2 * MathF.Cos(2 * angle) + a3 * MathF.Cos(3 * angle + 1) + a5 * MathF.Cos(5 * angle + 2));
                return Noise.Step(-softness / 2, softness / 2, edge - MathF.Sqrt(dx * dx + dy * dy));
            }
        );
    }
}
