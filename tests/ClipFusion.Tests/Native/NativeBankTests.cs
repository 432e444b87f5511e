using ClipFusion.Inspection.MemoryBanks;
using ClipFusion.Native;

namespace ClipFusion.Tests.Native;

public sealed class NativeBankTests
{
    private const int Dimension = 24;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> Kernels => [.. NativeRuntime.Kernels];

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Search_RandomRows_IsFloat64RoundedOnce(string kernel)
    {
        float[] rows = Random(1, 500 * Dimension),
            queries = Random(2, 90 * Dimension);
        using NativeBank bank = Filled(rows, kernel);
        var similarities = new float[90];
        var nearest = new long[90];

        bank.Search(queries, similarities, nearest, threads: 2, cancellation: Token);

        for (int q = 0; q < 90; q++)
        {
            double[] cosines =
            [
                .. Enumerable
                    .Range(0, 500)
                    .Select(r => Cosine(queries.AsSpan(q * Dimension, Dimension), rows.AsSpan(r * Dimension, Dimension))),
            ];
            // A row is stored in float32, which moves its cosine by a few units in the eighth place.
            Assert.Equal(cosines.Max(), similarities[q], 2e-7);
            Assert.Equal(cosines.Max(), cosines[nearest[q]], 2e-7);
        }
    }

    [Fact]
    public void MemoryBank_NativeAndManaged_Agree()
    {
        float[] first = Random(3, 225 * Dimension),
            second = Random(4, 225 * Dimension),
            queries = Random(5, 225 * Dimension);
        UnitRows.Normalize(queries, Dimension, queries, "queries");
        bool[] ignored = [.. Enumerable.Range(0, 225).Select(i => i % 3 == 0)];
        ReferenceFeatures[] images = [new(first, ignored), new(second)];
        MemoryBank native = MemoryBank.Create(images, Dimension, native: true, cancellation: TestContext.Current.CancellationToken),
            managed = MemoryBank.Create(images, Dimension, native: false, cancellation: TestContext.Current.CancellationToken);
        Assert.StartsWith("native ", native.Kernel, StringComparison.Ordinal);
        Assert.Equal("managed", managed.Kernel);
        foreach (int? exclude in (int?[])[null, 0, 1])
        {
            float[] a = new float[225],
                b = new float[225];
            int[] rowsA = new int[225],
                rowsB = new int[225];
            native.Search(queries, a, rowsA, exclude, 2, Token);
            managed.Search(queries, b, rowsB, exclude, 2, Token);
            Assert.Equal(rowsB, rowsA);
            for (int q = 0; q < 225; q++)
                Assert.Equal(b[q], a[q], 5e-7f);
        }
    }

    [Fact]
    public void Append_Half_IsExactlyItsSingle()
    {
        Half[] half = [.. Random(6, 50 * Dimension).Select(v => (Half)v)];
        float[] single = [.. half.Select(v => (float)v)],
            queries = Random(7, 20 * Dimension);
        using NativeBank a = NativeBank.Create(Dimension),
            b = NativeBank.Create(Dimension);
        a.Append(half);
        b.Append(single);
        float[] x = new float[20],
            y = new float[20];
        a.Search(queries, x, cancellation: Token);
        b.Search(queries, y, cancellation: Token);
        Assert.Equal(y, x);
    }

    [Fact]
    public void Members_BadArguments_SayWhatIsWrong()
    {
        using NativeBank bank = Filled(Random(8, 3 * Dimension));
        Assert.Contains(
            "row 1 is a zero vector",
            Assert.Throws<ArgumentException>(() => bank.Append([.. Random(1, Dimension), .. new float[Dimension]])).Message,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "1 rows of dimension 24 are 24 values, but 25",
            Assert.Throws<ArgumentException>(() => bank.Append(new float[Dimension + 1])).Message,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "2 marks",
            Assert.Throws<ArgumentException>(() => bank.Append(Random(1, 2 * Dimension), [true])).Message,
            StringComparison.Ordinal
        );
        Assert.Throws<ArgumentException>(() => bank.Search(Random(1, Dimension), new float[2], cancellation: Token));
        Assert.Throws<ArgumentException>(() => bank.Search(Random(1, Dimension), new float[1], new long[2], cancellation: Token));
        Assert.Throws<ArgumentException>(() => bank.Search(Random(1, Dimension), new float[1], threads: 0, cancellation: Token));
        Assert.Throws<ArgumentException>(() => bank.Search(Random(1, Dimension), new float[1], exclude: 3, cancellation: Token));
        Assert.Throws<ArgumentOutOfRangeException>(() => bank.Search(Random(1, Dimension), new float[1], exclude: -1, cancellation: Token));
        Assert.Throws<InvalidOperationException>(() => bank.Search(Random(1, Dimension), new float[1], exclude: 0, cancellation: Token));
        Assert.Throws<ArgumentException>(() => bank.Remove(7));
        Assert.Throws<ArgumentOutOfRangeException>(() => NativeBank.Create(0));
        Assert.Contains(
            "abacus",
            Assert.Throws<NotSupportedException>(() => NativeBank.Create(2, "abacus")).Message,
            StringComparison.Ordinal
        );
        bank.Dispose();
        Assert.Throws<ObjectDisposedException>(() => bank.Info);
    }

    [Fact]
    public void ChooseCoreset_TwoClusters_TakesOneOfEachFirst()
    {
        float[] rows =
        [
            .. Enumerable.Range(0, 40).SelectMany(i => Random(i, Dimension).Select((v, k) => (0.01f * v) + (i % 2 == k ? 1 : 0))),
        ];
        using NativeBank bank = Filled(rows);
        var chosen = new long[6];
        var radii = new float[6];
        bank.ChooseCoreset(chosen, radii, seed: 5, threads: 2, Token);
        Assert.NotEqual(chosen[0] % 2, chosen[1] % 2);
        Assert.InRange(radii[0], 0.4f, 0.6f);
        Assert.InRange(radii[1], 0, 0.001f);
        Assert.Equal(radii.OrderDescending(), radii);
        Assert.Throws<ArgumentException>(() => bank.ChooseCoreset(new long[41], cancellation: Token));
        Assert.Throws<ArgumentException>(() => bank.ChooseCoreset([], cancellation: Token));
        Assert.Throws<ArgumentException>(() => bank.ChooseCoreset(new long[2], new float[1], cancellation: Token));
        Assert.Throws<OperationCanceledException>(() => bank.ChooseCoreset(new long[2], cancellation: new CancellationToken(true)));
    }

    [Fact]
    public async Task Replace_DuringSearches_EachSeesOneState()
    {
        float[] rows = Random(9, 64 * Dimension),
            opposite = [.. rows.Select(v => -v)];
        using NativeBank bank = Filled(rows),
            with = Filled(rows),
            without = Filled(opposite);
        var done = new TaskCompletionSource();
        Task[] readers =
        [
            .. Enumerable
                .Range(0, 3)
                .Select(_ =>
                    Task.Run(
                        () =>
                        {
                            var similarities = new float[64];
                            while (!done.Task.IsCompleted)
                            {
                                bank.Search(rows, similarities, threads: 2, cancellation: Token);
                                Assert.Contains(similarities.Count(s => s > 0.9999f), (int[])[0, 64]);
                            }
                        },
                        Token
                    )
                ),
        ];
        for (int round = 0; round < 200; round++)
        {
            bank.Replace(round % 2 == 0 ? without : with);
            bank.Append(opposite);
            bank.Remove(1);
        }

        done.SetResult();
        await Task.WhenAll(readers);
    }

    [Fact]
    public async Task Search_CancelledMeanwhile_Throws()
    {
        float[] rows = Random(10, 3000 * Dimension);
        using NativeBank bank = Filled(rows);
        using var source = new CancellationTokenSource();
        using var begun = new ManualResetEventSlim();
        Task canceller = Task.Run(
            () =>
            {
                begun.Wait(Token);
                source.Cancel();
            },
            Token
        );
        var similarities = new float[3000];
        // Again and again: one search may end before the cancellation comes.
        OperationCanceledException? thrown = null;
        while (thrown is null)
        {
            thrown =
                Record.Exception(() => bank.Search(rows, similarities, threads: 2, cancellation: source.Token))
                as OperationCanceledException;
            begun.Set();
        }

        Assert.Equal(source.Token, thrown.CancellationToken);
        await canceller;
    }

    private static NativeBank Filled(float[] rows, string? kernel = null)
    {
        NativeBank bank = NativeBank.Create(Dimension, kernel);
        bank.Append(rows);
        return bank;
    }

    private static float[] Random(int seed, int count)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() - 0.5f)];
    }

    private static double Cosine(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        double ab = 0,
            aa = 0,
            bb = 0;
        for (int i = 0; i < a.Length; i++)
            (ab, aa, bb) = (ab + ((double)a[i] * b[i]), aa + ((double)a[i] * a[i]), bb + ((double)b[i] * b[i]));
        return ab / Math.Sqrt(aa * bb);
    }
}
