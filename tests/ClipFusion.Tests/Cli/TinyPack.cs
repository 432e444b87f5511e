using ClipFusion.Cli;
using ClipFusion.Inspection.Recipes;
using ClipFusion.Tests.Inspection;

namespace ClipFusion.Tests.Cli;

/// <summary>A pack of tiny-a's weights made by <c>models build</c>, tiny-a's recipe as a file, and a folder for a test class's own
/// files.</summary>
public sealed class TinyPack : IAsyncLifetime
{
    private readonly TemporaryFolder _root = new();
    private int _scratch;

    public static string Clip { get; } = Fixtures.Path("tiny-a", "clip");

    public static string Diffusion { get; } = Fixtures.Path("tiny-a", "sd");

    public static string Query2 { get; } = Fixtures.Path("tiny-a", "query2.png");

    public static string Query3 { get; } = Fixtures.Path("tiny-a", "query3.png");

    /// <summary>700 x 500 pixels; the other queries have 300 x 300.</summary>
    public static string Query4 { get; } = Fixtures.Path("tiny-a", "query4.png");

    public static string[] References { get; } = [Fixtures.Path("tiny-a", "reference0.png"), Fixtures.Path("tiny-a", "reference1.png")];

    public string Folder => _root["tiny-pack"];

    public string Recipe => _root["recipe.json"];

    public async ValueTask InitializeAsync()
    {
        CliRun build = await CliRun.RunAsync(
            "models",
            "build",
            "--clip",
            Clip,
            "--diffusion",
            Diffusion,
            "--out",
            Folder,
            "--clip-blocks",
            "2,4",
            "--name",
            "tiny",
            "--notice",
            "Random weights."
        );
        Assert.True(build.Code == ExitCode.Clean, build.Error);
        await File.WriteAllTextAsync(Recipe, RecipeWriter.Write(new GoldenCase("tiny-a").Recipe));
    }

    /// <summary>A new empty folder.</summary>
    public string Scratch() => Directory.CreateDirectory(_root[$"scratch{Interlocked.Increment(ref _scratch)}"]).FullName;

    /// <summary>A recipe file with more keys than the object.</summary>
    public string RecipeWith(string keys, string? folder = null)
    {
        string file = Path.Combine(folder ?? Scratch(), "recipe.json");
        File.WriteAllText(file, $$"""{"object":"widget",{{keys}}}""");
        return file;
    }

    /// <summary>A copy of the pack, to be damaged.</summary>
    public string Copy()
    {
        string copy = Scratch();
        foreach (string file in Directory.EnumerateFiles(Folder))
            File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
        return copy;
    }

    /// <summary>Inverts one byte in the middle of a file.</summary>
    public static void Flip(string path)
    {
        using FileStream file = File.Open(path, FileMode.Open);
        file.Position = file.Length / 2;
        int value = file.ReadByte();
        file.Position--;
        file.WriteByte((byte)~value);
    }

    public ValueTask DisposeAsync()
    {
        _root.Dispose();
        return ValueTask.CompletedTask;
    }
}
