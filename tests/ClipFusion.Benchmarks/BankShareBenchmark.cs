using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using ClipFusion.Imaging;
using ClipFusion.Inspection;
using ClipFusion.Inspection.MemoryBanks;
using ClipFusion.Inspection.Networks;
using ClipFusion.Inspection.Recipes;
using ClipFusion.OnnxInference.Sessions;

namespace ClipFusion.Benchmarks;

/// <summary>
/// What part of an inspection step 5 is, with features that a pack's networks make of real pictures: the first is the query, the others are
/// references. The five banks are searched natively and by the managed code in turns, for k = 1, 2, 4 and so on. The features are left in
/// files for <c>tests/Native/bench_bank.cpp</c>.
/// </summary>
internal static class BankShareBenchmark
{
    private const int Rounds = 5;

    /// <param name="args">The word itself, a pack, a folder for the features, pictures.</param>
    public static void Run(string[] args)
    {
        if (args.Length < 5)
            throw new ArgumentException("bank-share PACK FEATURES QUERY.png REFERENCE.png ...");
        (string folder, string[] pictures) = (args[2], args[3..]);
        Directory.CreateDirectory(folder);
        Machine.Print();
        using ModelPack pack = ModelPack.Open(args[1]);
        var recipe = Recipe.Default("part");
        using var networks = new Networks(pack, recipe);

        (float[][] query, double seconds) = networks.Query(ImageCodec.Decode(pictures[0]));
        float[][][] references =
        [
            .. pictures[1..]
                .Select(
                    (p, i) =>
                    {
                        Console.Error.WriteLine($"reference {i + 1} of {pictures.Length - 1}");
                        return networks.Reference(ImageCodec.Decode(p));
                    }
                ),
        ];
        for (int bank = 0; bank < query.Length; bank++)
            Write(
                Path.Combine(folder, $"{networks.Names[bank]}.{networks.Dimensions[bank]}"),
                query[bank],
                references.Select(r => r[bank])
            );

        Console.WriteLine($"prepare and networks {seconds:f3} s (median of {Rounds})");
        Console.WriteLine("k | native, ms | managed, ms | managed / native | share before | share after");
        for (int k = 1; k <= references.Length; k *= 2)
        {
            (double native, double managed) = Compare(query, references[..k], networks.Dimensions);
            Console.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{k} | {1e3 * native:f1} | {1e3 * managed:f1} | {managed / native:f2} | {managed / (managed + seconds):p1} | "
                        + $"{native / (native + seconds):p1}"
                )
            );
        }
    }

    private static (double Native, double Managed) Compare(float[][] query, float[][][] references, int[] dimensions)
    {
        MemoryBank[] Banks(bool native) =>
            [
                .. query.Select(
                    (_, bank) => MemoryBank.Create([.. references.Select(r => new ReferenceFeatures(r[bank]))], dimensions[bank], native)
                ),
            ];
        (MemoryBank[] ours, MemoryBank[] before) = (Banks(native: true), Banks(native: false));
        float[][] distances = [.. query.Select((q, bank) => new float[q.Length / dimensions[bank]])];
        double Search(MemoryBank[] banks)
        {
            long start = Stopwatch.GetTimestamp();
            for (int i = 0; i < banks.Length; i++)
                banks[i].Search(query[i], distances[i], parallelism: Environment.ProcessorCount);
            return Stopwatch.GetElapsedTime(start).TotalSeconds;
        }

        List<double> native = [],
            managed = [];
        for (int round = -1; round < Rounds; round++)
        {
            (double a, double b) = (Search(ours), Search(before));
            if (round < 0)
                continue;
            native.Add(a);
            managed.Add(b);
        }

        return (Machine.Median(native), Machine.Median(managed));
    }

    private static void Write(string path, float[] query, IEnumerable<float[]> rows)
    {
        File.WriteAllBytes(path + ".queries", MemoryMarshal.AsBytes(query.AsSpan()));
        using FileStream file = File.Create(path + ".rows");
        foreach (float[] image in rows)
            file.Write(MemoryMarshal.AsBytes(image.AsSpan()));
    }

    /// <summary>Steps 3 and 4, with the features copied out.</summary>
    private sealed class Networks : IDisposable
    {
        private readonly Preparation _preparation;
        private readonly PreparedImage _prepared = new();
        private readonly Inspector _inspector;

        public Networks(ModelPack pack, Recipe recipe)
        {
            _preparation = new Preparation(pack.Manifest, recipe, new PillowResampler());
            _inspector = Inspector.Create(pack, recipe);
            Names =
            [
                .. pack.Manifest.RequireClip().Blocks.Select(b => $"clip-{b}"),
                .. recipe.TimestepBlocks.Select(t => $"diffusion-{t.Timestep}-{t.Block}"),
            ];
            Dimensions =
            [
                .. pack.Manifest.RequireClip().Blocks.Select(_ => pack.Manifest.RequireClip().Width),
                .. recipe.TimestepBlocks.Select(t => pack.Manifest.RequireDiffusion().Decoder[t.Block].Channels),
            ];
        }

        /// <summary>What each bank is of.</summary>
        public string[] Names { get; }

        /// <summary>Length of a feature, for each bank.</summary>
        public int[] Dimensions { get; }

        /// <summary>A query's features, and how long steps 3 and 4 take for it.</summary>
        public (float[][] Features, double Seconds) Query(RgbImage picture)
        {
            DiffusionPlan plan = _inspector.QueryPlan(features: true);
            Features(picture, plan);
            List<double> seconds = [];
            float[][] features = [];
            for (int round = 0; round < Rounds; round++)
            {
                long start = Stopwatch.GetTimestamp();
                features = Features(picture, plan);
                seconds.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
            }

            return (features, Machine.Median(seconds));
        }

        /// <summary>A reference's features.</summary>
        public float[][] Reference(RgbImage picture) => Features(picture, _inspector.ReferencePlan);

        public void Dispose() => _inspector.Dispose();

        private float[][] Features(RgbImage picture, DiffusionPlan plan)
        {
            _preparation.Run(picture.View, Branches.All, _prepared);
            using PackNetworks networks = _inspector.NetworksFor(_prepared);
            float[][] clip = _inspector.ClipFeatures(networks);
            using NetworkOutputs features = networks.RunDiffusion(plan, staysOnDevice: false, null, CancellationToken.None);
            return [.. clip, .. MapDiff.ReferenceRows(features, plan)];
        }
    }
}
