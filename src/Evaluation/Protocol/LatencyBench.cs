using System.Diagnostics;
using ClipFusion.Evaluation.Baselines;
using ClipFusion.Imaging;
using ClipFusion.Inspection;
using ClipFusion.Inspection.MemoryBanks;
using ClipFusion.Inspection.Networks;
using ClipFusion.Inspection.Recipes;
using ClipFusion.Models.Pack;
using ClipFusion.OnnxInference.Engines;
using ClipFusion.OnnxInference.Sessions;

namespace ClipFusion.Evaluation.Protocol;

/// <summary>Time from decoded picture to score and map, of one picture at a time.</summary>
/// <param name="Shots">References in the banks.</param>
/// <param name="Times">For each method, in their order, milliseconds of every round; none where it can't judge with so many
/// references.</param>
public sealed record Latency(int Shots, IReadOnlyList<double[]> Times);

/// <summary>
/// Measures the product's profiles and WinCLIP in turns, so that whatever else the machine does meets all of them. The pictures are noise:
/// no method's work depends on what is shown.
/// </summary>
public static class LatencyBench
{
    private const int Width = 1024,
        Height = 1024,
        WarmUps = 1;
    private const string Object = "object";

    /// <summary>What is measured on a pack: the profiles that it can give, then WinCLIP where it has CLIP.</summary>
    /// <param name="pack">The pack.</param>
    public static IReadOnlyList<string> MethodsOf(PackManifest pack)
    {
        ArgumentNullException.ThrowIfNull(pack);
        return [.. ProfilesOf(pack).Select(ProfileNames.Of), .. pack.Clip is null ? [] : (string[])["winclip"]];
    }

    /// <summary>Runs it.</summary>
    /// <param name="pack">A pack; shared, not owned.</param>
    /// <param name="shots">Numbers of references, one result each.</param>
    /// <param name="rounds">Measurements of each, at least 1; one more before them is not counted.</param>
    /// <param name="threads">Threads of the bank search, at least 1.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>What runs the networks, and the times.</returns>
    public static (IReadOnlyList<ProviderDecision> Networks, IReadOnlyList<Latency> Times) Run(
        ModelPack pack,
        IReadOnlyList<int> shots,
        int rounds,
        int threads,
        CancellationToken cancellation
    )
    {
        ArgumentNullException.ThrowIfNull(pack);
        ArgumentNullException.ThrowIfNull(shots);
        ArgumentOutOfRangeException.ThrowIfLessThan(rounds, 1);
        Recipe recipe = PackRecipe.Settle(Recipe.Default(Object), pack.Manifest);
        bool hasClip = pack.Manifest.Clip is not null;
        IReadOnlyList<ProviderDecision> ran = pack.OpenBest(
            [
                .. Inspector.GraphsOf(recipe, hasReferences: true),
                .. hasClip ? [GraphNames.MapDiffLanguage, GraphNames.WinClipImage, GraphNames.WinClipText] : (string[])[],
            ],
            cancellation
        );
        RgbImage[] references = [.. Enumerable.Range(0, shots.Append(0).Max()).Select(i => Noise(i + 1))];
        RgbImage query = Noise(0);
        Inspector[] inspectors =
        [
            .. ProfilesOf(pack.Manifest)
                .Select(p => Inspector.Create(pack, recipe with { Profile = p }, parallelism: threads, cancellation: cancellation)),
        ];
        try
        {
            IReadOnlyDictionary<int, ReferenceBanks> banks = BanksOf(
                inspectors[0],
                [.. shots.Where(k => k > 0)],
                references,
                threads,
                cancellation
            );
            WinClipNetworks? networks = hasClip ? new WinClipNetworks(pack, recipe) : null;
            WinClip? winClip = networks is null
                ? null
                : new WinClip(
                    networks.Grid,
                    networks.Mean(WinClipPrompts.Normal(Object), cancellation),
                    networks.Mean(WinClipPrompts.Anomalous(Object), cancellation)
                );
            WinClipFeatures[] features = networks is null ? [] : [.. references.Select(Encode)];
            return (ran, [.. shots.Select(Measure)]);

            Latency Measure(int k)
            {
                foreach (Inspector inspector in inspectors)
                    inspector.Use(banks.GetValueOrDefault(k));
                Action?[] methods =
                [
                    .. inspectors.Select<Inspector, Action?>(i =>
                        i.Branches == Branches.None ? null : () => i.Inspect(query.View, cancellation: cancellation)
                    ),
                    .. hasClip ? [() => Judge(Encode(query), features[..k])] : (Action[])[],
                ];
                double[][] rows =
                [
                    .. Enumerable.Range(0, rounds + WarmUps).Select(_ => methods.Select(Milliseconds).ToArray()).Skip(WarmUps),
                ];
                return new Latency(k, [.. methods.Select((method, m) => method is null ? [] : rows.Select(r => r[m]).ToArray())]);
            }

            WinClipFeatures Encode(RgbImage image)
            {
                using NetworkOutputs outputs = networks!.Encode(image.View, cancellation).Outputs;
                return WinClipNetworks.Features(outputs);
            }

            void Judge(WinClipFeatures image, WinClipFeatures[] bank) =>
                _ = bank.Length > 0 ? winClip!.FewShot(image, bank) : winClip!.ZeroShot(image);
        }
        finally
        {
            foreach (Inspector inspector in inspectors)
                inspector.Dispose();
        }
    }

    /// <summary>Banks of the first so many references, by their number; each is encoded once.</summary>
    private static Dictionary<int, ReferenceBanks> BanksOf(
        Inspector inspector,
        int[] counts,
        RgbImage[] references,
        int threads,
        CancellationToken cancellation
    )
    {
        var banks = new Dictionary<int, ReferenceBanks>();
        ReferenceBanksBuilder builder = inspector.StartEnrollment();
        for (int count = 1; count <= counts.Append(0).Max(); count++)
        {
            inspector.AddReference(references[count - 1].View, builder, cancellation: cancellation);
            if (counts.Contains(count))
                banks.Add(count, builder.ToBanks(threads, cancellation));
        }

        return banks;
    }

    private static List<Profile> ProfilesOf(PackManifest pack)
    {
        List<Profile> profiles = pack.Clip is null ? [] : [Profile.ClipFusion, Profile.PatchClip, Profile.MapDiff];
        if (pack.Backbone is not null)
            profiles.Add(Profile.Backbone);
        return profiles;
    }

    private static double Milliseconds(Action? work)
    {
        long start = Stopwatch.GetTimestamp();
        work?.Invoke();
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    private static RgbImage Noise(int seed)
    {
        var image = new RgbImage(Width, Height);
        new Random(seed).NextBytes(image.Pixels);
        return image;
    }
}
