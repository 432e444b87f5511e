using System.Globalization;
using ClipFusion.Camera;
using ClipFusion.Camera.Simulation;
using ClipFusion.EdgeDaemon.Demo;
using ClipFusion.Inspection;
using ClipFusion.Inspection.Imaging;
using ClipFusion.Inspection.Networks;
using ClipFusion.Inspection.Recipes;
using ClipFusion.Models.Starter;
using ClipFusion.TestSupport;

namespace ClipFusion.Benchmarks;

/// <summary>
/// How well the starter pack tells good parts of the simulated line from bad ones, by material: <c>demo [seed] [parts] [material...]</c>. References,
/// calibration and threshold are the demo's.
/// </summary>
internal static class DemoMaterials
{
    private static readonly double[] Alphas = [0.05, 0.1];

    public static async Task RunAsync(string[] args)
    {
        ulong seed = args.Length > 1 ? ulong.Parse(args[1], CultureInfo.InvariantCulture) : 1;
        int parts = args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : 200;
        Material[] materials = args.Length > 3 ? [.. args.Skip(3).Select(Enum.Parse<Material>)] : Enum.GetValues<Material>();
        Machine.Print();
        string folder = Path.Combine(Directory.CreateTempSubdirectory("clipfusion-demo-materials-").FullName, "pack");
        StarterPack.Build(folder);
        using ModelPack pack = ModelPack.Open(folder);
        Console.WriteLine($"  seed {seed}, {parts} parts, {PartsSetAside.ReferenceCount} references; caught and falsely rejected at the threshold of {PartsSetAside.CalibrationCount} good parts");
        foreach (Material material in materials) await TryAsync(pack, new LineOptions { Material = material, Seed = seed, Width = 640, Height = 480, DefectRate = 0.3 }, parts);
        Directory.Delete(Path.GetDirectoryName(folder)!, recursive: true);
    }

    private static async Task TryAsync(ModelPack pack, LineOptions options, int parts)
    {
        var line = new SimulatedLine(options);
        await using var camera = new SimulatedCamera(line);
        await camera.OpenAsync();
        using Inspector inspector = Inspector.Create(pack, Recipe.Default("part") with { Branches = Branches.Vision }, parallelism: Environment.ProcessorCount);
        PartsSetAside aside = PartsSetAside.From(line.Truth);
        Frame[] references = await Task.WhenAll(aside.References.Select(n => camera.TriggerAsync(new TriggerContext(n, TimeSpan.FromMinutes(1))).AsTask()));
        inspector.Enroll(references.Length, (i, use) => use(View(references[i])));
        foreach (Frame reference in references) reference.Dispose();

        async Task<(FusionScores Scores, double Ms)> JudgeAsync(long number)
        {
            using Frame frame = await camera.TriggerAsync(new TriggerContext(number, TimeSpan.FromMinutes(1)));
            InspectionResult result = inspector.Inspect(View(frame));
            return (result.Fused.Scores, result.Timings.Total.TotalMilliseconds);
        }

        List<double> calibration = [];
        foreach (long number in aside.Calibration) calibration.Add((await JudgeAsync(number)).Scores.FewShot!.Value);
        var judged = new List<(PartTruth Truth, FusionScores Scores, double Ms)>();
        for (int i = 1; i <= parts; i++)
        {
            (FusionScores scores, double ms) = await JudgeAsync(i);
            judged.Add((line.Truth.Of((ulong)i), scores, ms));
        }

        double Auroc(Func<FusionScores, float?> of) => AreaUnderCurve([.. judged.Select(j => (j.Truth.IsDefective, (double)of(j.Scores)!.Value))]);
        Console.Write(string.Create(CultureInfo.InvariantCulture, $"  {options.Material,-14} AUROC {Auroc(s => s.FewShot):0.000} (CLIP {Auroc(s => s.ClipVision):0.000}, diffusion {Auroc(s => s.DiffVision):0.000})"));
        foreach (double alpha in Alphas)
        {
            double threshold = ConformalThreshold.Of(calibration, alpha).Value;
            int bad = judged.Count(j => j.Truth.IsDefective), caught = judged.Count(j => j.Truth.IsDefective && j.Scores.FewShot > threshold), rejected = judged.Count(j => !j.Truth.IsDefective && j.Scores.FewShot > threshold);
            Console.Write(string.Create(CultureInfo.InvariantCulture, $"  alpha {alpha}: {caught}/{bad} caught, {rejected}/{parts - bad} rejected"));
        }

        Console.WriteLine($"  {Machine.Median(judged.Select(j => j.Ms)):f0} ms");
        foreach (var kind in judged.Where(j => j.Truth.IsDefective).GroupBy(j => j.Truth.Defect).OrderBy(g => g.Key))
        {
            double area = AreaUnderCurve([.. judged.Where(j => !j.Truth.IsDefective || j.Truth.Defect == kind.Key).Select(j => (j.Truth.IsDefective, (double)j.Scores.FewShot!.Value))]);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"      {kind.Key,-14} {kind.Count(),4} parts, AUROC {area:0.000}"));
        }
    }

    /// <summary>The share of pairs of a bad and a good part in which the bad one scores higher; equal scores count half.</summary>
    private static double AreaUnderCurve((bool IsBad, double Score)[] parts)
    {
        double[] bad = [.. parts.Where(p => p.IsBad).Select(p => p.Score)], good = [.. parts.Where(p => !p.IsBad).Select(p => p.Score)];
        return bad.Sum(b => good.Sum(g => b > g ? 1.0 : b == g ? 0.5 : 0)) / ((double)bad.Length * good.Length);
    }

    private static ImageView View(Frame frame) => new(frame.Pixels, frame.Width, frame.Height, frame.Stride, Inspection.Imaging.PixelFormat.Rgb8);
}
