using System.Diagnostics;
using System.Globalization;
using ClipFusion.Imaging;
using ClipFusion.Inspection;
using ClipFusion.Inspection.Networks;
using ClipFusion.Inspection.Recipes;
using ClipFusion.Models.Checkpoints;
using ClipFusion.Models.Pack;
using ClipFusion.Models.Starter;
using ClipFusion.Models.Weights;

namespace ClipFusion.Benchmarks.FullSize;

/// <summary>
/// The published sizes with random weights: build time, pack size, seconds per query and peak memory. Each step runs in a process of its
/// own, watched from outside; the query is paired with the same networks run naively (one prompt at a time, every pass to the end).
/// </summary>
internal static class FullSizeBenchmark
{
    private const int Rounds = 3;

    public static void Run(string[] args)
    {
        string folder = args.ElementAtOrDefault(1) ?? Path.Combine(Path.GetTempPath(), "clipfusion-fullsize");
        Machine.Print();
        string weights = Path.Combine(folder, "weights");
        if (!Directory.Exists(weights))
            Child("weights", folder);
        foreach (string precision in (string[])["float32", "float16"])
        {
            string pack = Path.Combine(folder, precision);
            if (Directory.Exists(pack))
                Directory.Delete(pack, recursive: true);
            Child("build", folder, precision);
            Console.WriteLine($"  pack {new DirectoryInfo(pack).EnumerateFiles().Sum(f => f.Length) / 1e9:f2} GB");
        }

        Child("inspect", folder, "float32");
        Child("paired", folder, "float32");
    }

    /// <summary>One step, in its own process.</summary>
    public static void RunStep(string[] args)
    {
        (string step, string folder) = (args[1], args[2]);
        string weights = Path.Combine(folder, "weights");
        switch (step)
        {
            case "weights":
                RandomFolders.Write(weights, FullSizeArchitecture.Create(), Vocabulary(), 1, TensorType.Float32);
                break;
            case "build":
                using (OpenClipFolder clip = OpenClipFolder.Open(Path.Combine(weights, "clip")))
                using (DiffusionFolder diffusion = DiffusionFolder.Open(Path.Combine(weights, "sd")))
                    PackBuilder.Build(
                        clip,
                        diffusion,
                        Path.Combine(folder, args[3]),
                        new PackOptions(Enum.Parse<Precision>(args[3], ignoreCase: true), Record: GoldenRecorder.Record),
                        Said()
                    );
                break;
            case "inspect":
                Inspect(Path.Combine(folder, args[3]));
                break;
            case "paired":
                Paired(Path.Combine(folder, args[3]));
                break;
        }
    }

    /// <summary>Each step of a build with the seconds since its begin.</summary>
    private static Steps Said()
    {
        var clock = Stopwatch.StartNew();
        return new Steps(step => Console.WriteLine($"  {clock.Elapsed.TotalSeconds, 6:f1} s {step}"));
    }

    private sealed class Steps(Action<string> report) : IProgress<string>
    {
        public void Report(string value) => report(value);
    }

    private static void Inspect(string folder)
    {
        var clock = Stopwatch.StartNew();
        using ModelPack pack = ModelPack.Open(folder);
        using Inspector inspector = Inspector.Create(pack, Recipe.Default("widget"), parallelism: Environment.ProcessorCount);
        Console.WriteLine($"  open and encode words {clock.Elapsed.TotalSeconds:f1} s");
        clock.Restart();
        RgbImage picture = Noise(1224, 1024);
        inspector.Enroll(1, (_, use) => use(picture.View));
        Console.WriteLine($"  load networks and enrol one reference {clock.Elapsed.TotalSeconds:f1} s");
        StepTimings[] timings = [.. Enumerable.Range(0, Rounds).Select(_ => inspector.Inspect(picture.View).Timings)];
        void Line(string name, Func<StepTimings, TimeSpan> of) =>
            Console.WriteLine($"  {name, -16} {Machine.Median(timings.Select(t => of(t).TotalSeconds)):f2} s");
        Line("prepare", t => t.Prepare);
        Line("CLIP", t => t.ClipNetworks);
        Line("VAE", t => t.Vae);
        Line("UNet", t => t.Unet);
        Line("banks", t => t.ClipBanks + t.DiffusionBanks);
        Line("fuse", t => t.Fuse);
        Line("inspection", t => t.Total);
    }

    private static void Paired(string folder)
    {
        using ModelPack pack = ModelPack.Open(folder);
        Recipe recipe = Recipe.Default("widget");
        using var passes = new UnetPasses(pack, recipe);
        var ours = new List<double>();
        var sameOperators = new List<double>();
        var plainOperators = new List<double>();
        for (int round = 0; round < Rounds; round++)
        {
            ours.Add(passes.Batched());
            sameOperators.Add(passes.OneByOne(plainOperators: false));
            plainOperators.Add(passes.OneByOne(plainOperators: true));
        }

        Console.WriteLine($"  one batched early-leaving run     {Machine.Median(ours):f1} s");
        Console.WriteLine(
            $"  full passes, one prompt at a time {Machine.Median(sameOperators):f1} s, ratio "
                + $"{Machine.Median(sameOperators.Zip(ours, (n, o) => n / o)):f2}"
        );
        Console.WriteLine(
            $"  the same without fused attention  {Machine.Median(plainOperators):f1} s, ratio "
                + $"{Machine.Median(plainOperators.Zip(ours, (n, o) => n / o)):f2}"
        );
    }

    private static RgbImage Noise(int width, int height)
    {
        var image = new RgbImage(width, height);
        new Random(1).NextBytes(image.Pixels);
        return image;
    }

    private static void Child(params string[] args)
    {
        Console.WriteLine(string.Join(' ', args.Where((_, i) => i != 1)));
        var clock = Stopwatch.StartNew();
        using Process child = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, ["fullsize-step", .. args]))!;
        long anonymous = 0,
            resident = 0;
        while (!child.WaitForExit(100))
        {
            anonymous = Math.Max(anonymous, Memory(child.Id, "RssAnon:"));
            resident = Math.Max(resident, Memory(child.Id, "VmHWM:"));
        }

        if (child.ExitCode != 0)
            throw new InvalidOperationException($"step {string.Join(' ', args)} ended with exit code {child.ExitCode}");
        Console.WriteLine(
            $"  {clock.Elapsed.TotalSeconds:f1} s, peak memory {anonymous / 1e6:f2} GB of its own, {resident / 1e6:f2} GB with mapped files"
        );
    }

    /// <summary>A figure of /proc/PID/status in kilobytes; 0 once the process is gone.</summary>
    private static long Memory(int process, string key)
    {
        try
        {
            string? line = File.ReadLines($"/proc/{process}/status").FirstOrDefault(l => l.StartsWith(key, StringComparison.Ordinal));
            return line is null
                ? 0
                : long.Parse(
                    line[key.Length..^2],
                    NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite,
                    CultureInfo.InvariantCulture
                );
        }
        catch (IOException)
        {
            return 0;
        }
    }

    /// <summary>The starter pack's: what words there are changes no figure.</summary>
    private static (string VocabJson, string Merges) Vocabulary()
    {
        string clip = Path.Combine(StarterPack.WeightsFolder, "clip");
        return (File.ReadAllText(Path.Combine(clip, "vocab.json")), File.ReadAllText(Path.Combine(clip, "merges.txt")));
    }
}
