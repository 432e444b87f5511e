using System.Diagnostics;
using ClipFusion.Evaluation.Baselines;
using ClipFusion.Evaluation.Baselines.Learned;
using ClipFusion.Evaluation.Methods;
using ClipFusion.Imaging;
using ClipFusion.Inspection;
using ClipFusion.Inspection.MemoryBanks;
using ClipFusion.Inspection.Networks;
using ClipFusion.Inspection.Recipes;
using ClipFusion.Models.Pack;
using ClipFusion.OnnxInference.Engines;

namespace ClipFusion.Evaluation.Protocol;

/// <summary>Time from decoded picture to score and map, of one picture at a time.</summary>
/// <param name="Shots">References in the banks.</param>
/// <param name="Times">For each method, in their order, milliseconds of every round; none where it can't judge with so many
/// references.</param>
public sealed record Latency(int Shots, IReadOnlyList<double[]> Times);

/// <summary>
/// Measures the product's profiles and other methods in turns, so that whatever else the machine does meets all of them. Pictures and
/// learned prompts are noise: no method's work depends on what they are.
/// </summary>
public static class LatencyBench
{
    private const int Width = 1024,
        Height = 1024,
        WarmUps = 1;
    private const string Object = "object";

    /// <summary>PromptAD's P, n, Q and m, and IIPAD's n, r and w, as their authors have them.</summary>
    private static readonly (int Normal, int Length, int Abnormal, int Ending) PromptAd = (3, 4, 4, 1);

    private static readonly (int Length, int Rows, int Width) Iipad = (28, 16, 768);

    /// <summary>The methods beside the product's that are measured unless told otherwise.</summary>
    /// <param name="pack">The pack.</param>
    public static IReadOnlyList<Baseline> UsualBaselines(PackManifest pack)
    {
        ArgumentNullException.ThrowIfNull(pack);
        return pack.Clip is null ? [] : [Baseline.WinClip];
    }

    /// <summary>Runs it.</summary>
    /// <param name="pack">A pack; shared, not owned.</param>
    /// <param name="baselines">Methods beside the product's.</param>
    /// <param name="shots">Numbers of references, one result each.</param>
    /// <param name="rounds">Measurements of each, at least 1; one more before them is not counted.</param>
    /// <param name="threads">Threads of the bank search, at least 1.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>What is measured, what runs the networks, and the times.</returns>
    /// <exception cref="PackException">The pack lacks what a method runs on.</exception>
    public static (IReadOnlyList<string> Methods, IReadOnlyList<ProviderDecision> Networks, IReadOnlyList<Latency> Times) Run(
        ModelPack pack,
        IReadOnlyList<Baseline> baselines,
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
        RgbImage[] references = [.. Enumerable.Range(0, shots.Append(0).Max()).Select(i => Noise(i + 1))];
        RgbImage query = Noise(0);
        using PromptAdFile promptAd = new(Noise(PromptAd, pack.Manifest.ClipTextWidth ?? 1));
        using IipadFile iipad = new(_ => Noise(Iipad, pack.Manifest.ClipTextWidth ?? 1));
        var options = new EvaluationOptions
        {
            Recipe = recipe,
            PromptAd = promptAd,
            Iipad = iipad,
        };
        var networks = new FreshNetworks(
            pack.Hash,
            NamesOf(references).Append((Picture(0), query)).ToDictionary(p => p.Item1.Path, p => p.Item2)
        );
        List<IMethod> others = [];
        Inspector[] inspectors = [];
        try
        {
            others.AddRange(baselines.SelectMany(b => BaselineMethods.Of(b, pack, options, networks)));
            IReadOnlyList<ProviderDecision> ran = pack.OpenBest(
                [
                    .. Inspector.GraphsOf(recipe, hasReferences: true),
                    .. pack.Manifest.Clip is null ? [] : (string[])[GraphNames.MapDiffLanguage],
                    .. baselines.SelectMany(b => BaselineMethods.GraphsOf(b, pack.Manifest)),
                ],
                cancellation
            );
            inspectors =
            [
                .. ProfilesOf(pack.Manifest)
                    .Select(p => Inspector.Create(pack, recipe with { Profile = p }, parallelism: threads, cancellation: cancellation)),
            ];
            IReadOnlyDictionary<int, ReferenceBanks> banks = BanksOf(
                inspectors[0],
                [.. shots.Where(k => k > 0)],
                references,
                threads,
                cancellation
            );
            float[] map = new float[recipe.OutputSize * recipe.OutputSize];
            return (
                [.. ProfilesOf(pack.Manifest).Select(ProfileNames.Of), .. others.Select(o => o.Rows[0])],
                ran,
                [.. shots.Select(Measure)]
            );

            Latency Measure(int k)
            {
                foreach (Inspector inspector in inspectors)
                    inspector.Use(banks.GetValueOrDefault(k));
                Action?[] methods =
                [
                    .. inspectors.Select<Inspector, Action?>(i =>
                        i.Branches == Branches.None ? null : () => i.Inspect(query.View, cancellation: cancellation)
                    ),
                    .. others.Select(o => Judging(o, k)),
                ];
                double[][] rows =
                [
                    .. Enumerable.Range(0, rounds + WarmUps).Select(_ => methods.Select(Milliseconds).ToArray()).Skip(WarmUps),
                ];
                return new Latency(k, [.. methods.Select((method, m) => method is null ? [] : rows.Select(r => r[m]).ToArray())]);
            }

            Action? Judging(IMethod method, int k)
            {
                if (!method.Supports(k))
                    return null;
                Func<Picture, Judgement[]> judge = method.Enroll(
                    Object,
                    k,
                    [.. NamesOf(references[..k]).Select(r => r.Picture)],
                    cancellation
                );
                return () =>
                {
                    foreach (Judgement judgement in judge(Picture(0)))
                        judgement.ReadMap?.Invoke(recipe.OutputSize, recipe.OutputSize, map);
                };
            }
        }
        finally
        {
            foreach (IDisposable made in inspectors.Concat<IDisposable>(others))
                made.Dispose();
        }
    }

    private static Picture Picture(int number) =>
        new(FormattableString.Invariant($"{number}"), FormattableString.Invariant($"{number}"), Object);

    /// <summary>References count from 1.</summary>
    private static IEnumerable<(Picture Picture, RgbImage Pixels)> NamesOf(RgbImage[] references) =>
        references.Select((r, i) => (Picture(i + 1), r));

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

    private static PromptAdPrompts Noise((int Normal, int Length, int Abnormal, int Ending) sizes, int width) =>
        new(null, Noise(1, sizes.Normal, sizes.Length, width), Noise(2, sizes.Abnormal, sizes.Ending, width), []);

    private static IipadPicture Noise((int Length, int Rows, int Width) sizes, int width) =>
        new(Noise(1, sizes.Length, width), Noise(2, sizes.Length, width), Noise(3, sizes.Rows, sizes.Width));

    /// <summary>Numbers about as large as token embeddings are.</summary>
    private static PromptTensor Noise(int seed, params int[] shape)
    {
        var random = new Random(seed);
        return new PromptTensor(
            [.. Enumerable.Range(0, shape.Aggregate(1, (a, b) => a * b)).Select(_ => (random.NextSingle() - 0.5f) / 25)],
            shape
        );
    }

    private static RgbImage Noise(int seed)
    {
        var image = new RgbImage(Width, Height);
        new Random(seed).NextBytes(image.Pixels);
        return image;
    }
}
