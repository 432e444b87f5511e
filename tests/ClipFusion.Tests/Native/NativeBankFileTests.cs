using ClipFusion.Native;

namespace ClipFusion.Tests.Native;

public sealed class NativeBankFileTests : IDisposable
{
    private const int Dimension = 16,
        Rows = 100;
    private readonly TemporaryFolder _folder = new();

    private string File => _folder["bänk.bin"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Load_SavedBank_AnswersTheSame()
    {
        float[] queries = Values(2);
        float[] before = new float[Rows],
            after = new float[Rows];
        using NativeBank bank = Filled(1);
        bank.Save(File);
        using NativeBank loaded = NativeBank.Load(File);
        bank.Search(queries, before, cancellation: TestContext.Current.CancellationToken);
        loaded.Search(queries, after, cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(before, after);
        Assert.Equal((Dimension, (long)Rows, 1), (loaded.Dimension, loaded.Info.Rows, loaded.Info.Images));
    }

    [Fact]
    public void Load_DamagedFile_SaysSo()
    {
        using (NativeBank bank = Filled(1))
            bank.Save(File);
        byte[] good = System.IO.File.ReadAllBytes(File);
        foreach (int at in (int[])[0, 8, 17, 60, 100, 124, 130, good.Length / 2, good.Length - 1])
        {
            byte[] bad = [.. good];
            bad[at] ^= 4;
            Refused(bad, ".");
        }

        Refused(good[..^1], "cut off");
        Refused(good[..100], "at least 128");
        Refused([.. good, 0], "added to");
        byte[] newer = [.. good];
        newer[8] = 2;
        Refused(newer, "version 2; this library reads version 1");
        Assert.Throws<IOException>(() => NativeBank.Load(_folder["absent"]));
    }

    private static NativeBank Filled(int seed)
    {
        NativeBank bank = NativeBank.Create(Dimension);
        bank.Append(Values(seed));
        return bank;
    }

    private static float[] Values(int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, Rows * Dimension).Select(_ => random.NextSingle() - 0.5f)];
    }

    private void Refused(byte[] bytes, string words)
    {
        string path = _folder["bad"];
        System.IO.File.WriteAllBytes(path, bytes);
        Assert.Contains(words, Assert.Throws<InvalidDataException>(() => NativeBank.Load(path)).Message, StringComparison.Ordinal);
    }
}
