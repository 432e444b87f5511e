using ClipFusion.Inspection.Recipes;
using ClipFusion.Tests.Inspection;

namespace ClipFusion.Tests.Cli;

/// <summary>
/// A pack of tiny-a's weights made by <c>models build</c>, tiny-a's recipe as a file, and a folder for a test class's own files. The pack
/// is built once for the whole run, tests only read it; its denoiser sees pictures of 128 pixels and not of 512 as tiny-a's goldens do
/// (<see cref="GoldenPack"/>), which takes a sixteenth of the time.
/// </summary>
public class TinyPack : IAsyncLifetime
{
    private readonly TemporaryFolder _root = new();
    private readonly Lazy<Task<string>> _build;
    private int _scratch;

    public TinyPack(BuiltPacks built)
        : this((built ?? throw new ArgumentNullException(nameof(built))).Small) { }

    private protected TinyPack(Lazy<Task<string>> build) => _build = build;

    public static string Clip { get; } = Fixtures.Path("tiny-a", "clip");

    public static string Diffusion { get; } = Fixtures.Path("tiny-a", "sd");

    public static string Query2 { get; } = Fixtures.Path("tiny-a", "query2.png");

    public static string Query3 { get; } = Fixtures.Path("tiny-a", "query3.png");

    /// <summary>700 x 500 pixels; the other queries have 300 x 300.</summary>
    public static string Query4 { get; } = Fixtures.Path("tiny-a", "query4.png");

    public static string[] References { get; } = [Fixtures.Path("tiny-a", "reference0.png"), Fixtures.Path("tiny-a", "reference1.png")];

    public string Folder { get; private set; } = "";

    public string Recipe => _root["recipe.json"];

    public async ValueTask InitializeAsync()
    {
        Folder = await _build.Value;
        await File.WriteAllTextAsync(Recipe, RecipeWriter.Write(new GoldenCase("tiny-a").Recipe));
    }

    /// <summary>A folder of this name that the tests of the class have in common; not made.</summary>
    public string Shared(string name) => _root[name];

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
        // What was noted of the pack after it was built is not of the copy.
        foreach (string file in Directory.EnumerateFiles(Folder).Where(f => !Path.GetFileName(f).StartsWith('.')))
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
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }
}

/// <summary>A <see cref="TinyPack"/> of the very networks that made tiny-a's golden tensors.</summary>
public sealed class GoldenPack(BuiltPacks built) : TinyPack((built ?? throw new ArgumentNullException(nameof(built))).Golden);
