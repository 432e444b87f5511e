using ClipFusion.ApplianceTests.Box;
using ClipFusion.Imaging;
using ClipFusion.Inspection.Recipes;

[assembly: AssemblyFixture(typeof(Packs))]

// Most of a test here is waiting: for a program that starts, a broker that is away, a deadline.
[assembly: Xunit.v3.Parallelization(MaxThreads = 3)]

namespace ClipFusion.ApplianceTests.Box;

/// <summary>The packs that boxes under test run, built once: the starter pack, and the starter pack's results for one picture,
/// recorded.</summary>
public sealed class Packs : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Lazy<string> _recorded,
        _slow,
        _backbone,
        _slowBesideBackbone;

    public Packs()
    {
        _recorded = new(() => Record("recorded", 0));
        _slow = new(() => Record("slow", SlowProducts));
        _backbone = new(() => BackbonePack.Alone(_folder["backbone"]));
        _slowBesideBackbone = new(() => BackbonePack.Beside(Slow, _folder["slow-beside-backbone"]));
    }

    /// <summary>Work of the slow UNet: 270 GFLOP, four seconds of one core here, and still well over a second of a faster one.</summary>
    private const int SlowProducts = 8_000;

    /// <summary>Small networks with random weights.</summary>
    public static string Starter => SharedStarterPack.Folder;

    /// <summary>The starter pack's results; takes next to no time.</summary>
    public string Recorded => _recorded.Value;

    /// <summary>As <see cref="Recorded"/>, with a UNet that takes seconds.</summary>
    public string Slow => _slow.Value;

    /// <summary>A small backbone with random weights and nothing else.</summary>
    public string Backbone => _backbone.Value;

    /// <summary>The same beside <see cref="Slow"/>'s networks.</summary>
    public string SlowBesideBackbone => _slowBesideBackbone.Value;

    public string this[string name] =>
        name switch
        {
            "starter" => Starter,
            "recorded" => Recorded,
            _ => throw new ArgumentException($"there is no pack '{name}'", nameof(name)),
        };

    public void Dispose() => _folder.Dispose();

    private string Record(string name, int products)
    {
        RgbImage picture = NoisePicture.Create(1);
        RecordedPack.Write(Starter, picture.View, Recipe.Default(BoxRecipe.RecordedObject), _folder[name], products);
        return _folder[name];
    }
}
