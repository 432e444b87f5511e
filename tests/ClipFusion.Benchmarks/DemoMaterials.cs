using System.Globalization;
using ClipFusion.Camera;
using ClipFusion.Camera.Simulation;
using ClipFusion.Cli.Demo;
using ClipFusion.EdgeDaemon.Configuration;
using ClipFusion.Foundation;
using ClipFusion.Imaging;
using ClipFusion.Inspection;
using ClipFusion.Inspection.Calibration;
using ClipFusion.Inspection.Maps;
using ClipFusion.Inspection.Networks;
using ClipFusion.Inspection.Recipes;
using ClipFusion.Models.Starter;

namespace ClipFusion.Benchmarks;

/// <summary>
/// How well the starter pack tells good parts of the simulated line from bad ones, and whether its maps show where the defect is, by
/// material and by way of judging: <c>demo [seed] [parts] [material...]</c>. References, calibration and thresholds are the demo's.
/// </summary>
internal static class DemoMaterials
{
    private const int Width = 640,
        Height = 480;

    /// <summary>The demo's wanted rate of good parts that are rejected.</summary>
    private const double Alpha = 0.05;

    /// <summary>A map's peak this near to the defect points at it: half a patch of CLIP's grid in frame pixels.</summary>
    private const int Near = 24;

    private static readonly (string Name, Func<Recipe, Recipe> Of)[] Ways =
    [
        ("everything", r => r),
        ("backbone", r => r with { Branches = Branches.BackboneVision, Profile = Profile.Backbone }),
        ("no backbone", r => r with { Branches = Branches.Language | Branches.Vision }),
        ("words alone", r => r with { Branches = Branches.Language }),
        ("CLIP's words", r => r with { Branches = Branches.ClipLanguage, Profile = Profile.PatchClip }),
        ("CLIP's features", r => r with { Branches = Branches.ClipVision, Profile = Profile.PatchClip }),
        ("attention", r => r with { Branches = Branches.DiffLanguage, Profile = Profile.MapDiff }),
        ("decoder", r => r with { Branches = Branches.DiffVision, Profile = Profile.MapDiff }),
    ];

    public static async Task RunAsync(string[] args)
    {
        ulong seed = args.Length > 1 ? ulong.Parse(args[1], CultureInfo.InvariantCulture) : 1;
        int parts = args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : 200;
        Material[] materials = args.Length > 3 ? [.. args.Skip(3).Select(Enum.Parse<Material>)] : Enum.GetValues<Material>();
        Machine.Print();
        using var folder = new TemporaryFolder();
        StarterPack.Build(folder["pack"]);
        using ModelPack pack = ModelPack.Open(folder["pack"]);
        Console.WriteLine(
            $"  seed {seed}, {parts} parts, {PartsSetAside.ReferenceCount} references, thresholds of {PartsSetAside.CalibrationCount} "
                + $"good parts, alpha {Alpha}"
        );
        Console.WriteLine(
            "  clear: good parts of whose overlay at most a hundredth is coloured; peak: bad parts whose map is highest on the defect; "
                + "coloured: NG parts with pixels above the map threshold on it; area: of those pixels, how many are near it"
        );
        foreach (Material material in materials)
        {
            var options = new LineOptions
            {
                Material = material,
                Seed = seed,
                Width = Width,
                Height = Height,
                DefectRate = 0.3,
            };
            string word = DemoLine.ObjectOf(ConfigNames.Materials.First(m => m.Value == material).Name);
            foreach ((string name, Func<Recipe, Recipe> way) in Ways)
                await TryAsync(pack, options, way(Recipe.Default(word)), name, parts);
        }
    }

    private static async Task TryAsync(ModelPack pack, LineOptions options, Recipe recipe, string name, int parts)
    {
        var line = new SimulatedLine(options);
        await using var camera = new SimulatedCamera(line);
        await camera.OpenAsync();
        using Inspector inspector = Inspector.Create(pack, recipe, parallelism: Environment.ProcessorCount);
        PartsSetAside aside = PartsSetAside.From(line.Truth);
        Frame[] references = await Task.WhenAll(
            aside.References.Select(n => camera.TriggerAsync(new TriggerContext(n, TimeSpan.FromMinutes(1))).AsTask())
        );
        inspector.Enroll(references.Length, (i, use) => use(View(references[i])));
        NormalReach reach = NormalReach.Unknown;
        foreach (int left in NormalReach.LeftOut(inspector, references.Length))
            reach = reach.With(inspector, left, View(references[left]));
        foreach (Frame reference in references)
            reference.Dispose();

        async Task<InspectionResult> JudgeAsync(long number)
        {
            using Frame frame = await camera.TriggerAsync(new TriggerContext(number, TimeSpan.FromMinutes(1)));
            return inspector.Inspect(View(frame));
        }

        List<double> scores = [],
            peaks = [];
        foreach (long number in aside.Calibration)
        {
            InspectionResult part = await JudgeAsync(number);
            scores.Add(part.Score);
            peaks.Add(MapStatistics.Max(part.Map.Values, []));
        }

        double threshold = ConformalThreshold.Of(scores, Alpha).Value,
            mapThreshold = ConformalThreshold.Of(peaks, Alpha).Value;
        float colour = HeatScale.Of(reach.Own, (float)mapThreshold).Low;
        var judged = new List<Judged>();
        byte[] mask = new byte[Width * Height];
        for (int i = 1; i <= parts; i++)
        {
            InspectionResult result = await JudgeAsync(i);
            PartTruth truth = line.Truth.Of((ulong)i);
            line.Truth.DrawMask((ulong)i, mask);
            judged.Add(Judged.Of(truth, result, mask, mapThreshold, colour));
        }

        Judged[] bad = [.. judged.Where(j => j.Truth.IsDefective)],
            caught = [.. bad.Where(j => j.Score > threshold)];
        Judged[] good = [.. judged.Where(j => !j.Truth.IsDefective)];
        int rejected = good.Count(j => j.Score > threshold);
        long above = caught.Sum(j => (long)j.Above),
            onDefect = caught.Sum(j => (long)j.AboveNear);
        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"  {options.Material, -14} {name, -15} AUROC {Auroc(judged):0.000}  caught {caught.Length, 3}/{bad.Length}  rejected "
                    + $"{rejected, 3}/{parts - bad.Length}"
            )
                + string.Create(
                    CultureInfo.InvariantCulture,
                    $"  clear {good.Count(j => j.Coloured <= 0.01), 3}/{good.Length}  peak {bad.Count(j => j.PeakIsNear), 3}/{bad.Length}  "
                        + $"NG: peak "
                        + $"{caught.Count(j => j.PeakIsNear), 3}/{caught.Length}, coloured "
                        + $"{caught.Count(j => j.AboveNear > 0), 3}/{caught.Length}, area "
                        + $"{(above == 0 ? 0 : 100.0 * onDefect / above), 5:0.0} %  {Machine.Median(judged.Select(j => j.Ms)):f0} ms"
                )
        );
        foreach (var kind in bad.GroupBy(j => j.Truth.Defect).OrderBy(g => g.Key))
        {
            double area = Auroc([.. judged.Where(j => !j.Truth.IsDefective || j.Truth.Defect == kind.Key)]);
            Console.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"      {kind.Key, -14} {kind.Count(), 4} parts, AUROC {area:0.000}, caught "
                        + $"{kind.Count(j => j.Score > threshold)}, peak {kind.Count(j => j.PeakIsNear)}"
                )
            );
        }
    }

    /// <summary>The share of pairs of a bad and a good part in which the bad one scores higher; equal scores count half.</summary>
    private static double Auroc(IReadOnlyList<Judged> parts)
    {
        double[] bad = [.. parts.Where(p => p.Truth.IsDefective).Select(p => p.Score)],
            good = [.. parts.Where(p => !p.Truth.IsDefective).Select(p => p.Score)];
        return bad.Sum(b =>
                good.Sum(g =>
                    b > g ? 1.0
                    : b == g ? 0.5
                    : 0
                )
            ) / ((double)bad.Length * good.Length);
    }

    private static ImageView View(Frame frame) => new(frame.Pixels, frame.Width, frame.Height, frame.Stride, PixelFormat.RGB8);

    /// <summary>What was made of a part. Pixels are the map's cells; near ones are at most <see cref="Near"/> frame pixels from the
    /// defect; coloured is the share of those that an overlay colours.</summary>
    private sealed record Judged(PartTruth Truth, double Score, double Ms, bool PeakIsNear, int Above, int AboveNear, double Coloured)
    {
        public static Judged Of(PartTruth truth, InspectionResult result, byte[] mask, double mapThreshold, float colour)
        {
            AnomalyMap map = result.Map;
            (int above, int aboveNear, int peak) = (0, 0, 0);
            for (int i = 0; i < map.Width * map.Height; i++)
            {
                if (map.Values[i] > map.Values[peak])
                    peak = i;
                if (map.Values[i] <= mapThreshold)
                    continue;
                above++;
                if (IsNear(i))
                    aboveNear++;
            }

            double coloured = map.Values.Count(v => v > colour) / (double)map.Values.Length;
            return new(truth, result.Score, result.Timings.Total.TotalMilliseconds, IsNear(peak), above, aboveNear, coloured);

            bool IsNear(int cell)
            {
                int x = (int)((cell % map.Width + 0.5) * Width / map.Width),
                    y = (int)((cell / map.Width + 0.5) * Height / map.Height);
                for (int row = Math.Max(0, y - Near); row <= Math.Min(Height - 1, y + Near); row++)
                {
                    int left = Math.Max(0, x - Near),
                        right = Math.Min(Width, x + Near + 1);
                    if (mask.AsSpan(row * Width + left, right - left).IndexOfAnyExcept((byte)0) >= 0)
                        return true;
                }

                return false;
            }
        }
    }
}
