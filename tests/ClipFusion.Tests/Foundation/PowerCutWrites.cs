using ClipFusion.EdgeDaemon.Pipeline;
using ClipFusion.EdgeDaemon.Storage;
using ClipFusion.Evaluation.Results;
using ClipFusion.Models.Download;
using ClipFusion.Models.Pack;
using ClipFusion.Models.Weights;
using ClipFusion.OnnxInference.Engines;
using ClipFusion.OnnxInference.Providers;

namespace ClipFusion.Tests.Foundation;

/// <summary>Writes every file that has to survive a power cut, and reads it back. <see cref="PowerCutTests"/> runs it once more under
/// strace.</summary>
public sealed class PowerCutWrites
{
    /// <summary>Environment variable: where the files go; without it they go to a folder of their own, which is deleted.</summary>
    public const string FolderVariable = "CLIPFUSION_TEST_POWER_CUT_FOLDER";

    /// <summary>Files that are written, from the folder.</summary>
    public static readonly string[] Written =
    [
        "press.active-recipe",
        "pack.quarantined.json",
        "sequences.mark",
        "models.lock.json",
        "weights.safetensors",
        "clip-image.tensorrt.quarantined.json",
        "weights.part.json",
        "widget/patchclip-k0-seed0.json",
    ];

    /// <summary>Files that were written under another name before.</summary>
    public static readonly string[] Installed = ["weights"];

    /// <summary>Files that are deleted.</summary>
    public static readonly string[] Deleted = ["pack.quarantined.json", "clip-image.tensorrt.quarantined.json", ".verified.json"];

    [Fact]
    public async Task Files_ThatHaveToSurviveAPowerCut_AreReadBack()
    {
        string? given = Environment.GetEnvironmentVariable(FolderVariable);
        string folder = given ?? Directory.CreateTempSubdirectory("clipfusion-power-cut-").FullName;
        try
        {
            await WriteAllAsync(folder);
        }
        finally
        {
            if (given is null)
                Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task WriteAllAsync(string folder)
    {
        var remembered = new RememberedRecipe(folder, "press") { Name = "housing" };
        Assert.Equal("housing", remembered.Name);

        var mark = new PackMark(folder);
        mark.Write("starter", "a weight file changed", DateTimeOffset.UnixEpoch);
        Assert.Equal("starter", mark.Read()?.Pack);
        mark.Delete();
        Assert.Null(mark.Read());

        string marks = Path.Combine(folder, "sequences.mark");
        SequenceFile.Replace(marks, [new("press", 256)]);
        Assert.Equal(256, SequenceFile.Read(marks)!["press"]);

        var quarantine = new Quarantine(folder);
        quarantine.Add("clip-image", ExecutionProvider.TensorRt, []);
        Assert.NotNull(new Quarantine(folder).ReasonAgainst("clip-image", ExecutionProvider.TensorRt));
        Assert.Equal(1, quarantine.Clear());

        await File.WriteAllTextAsync(Path.Combine(folder, ".verified.json"), "{}", TestContext.Current.CancellationToken);
        PackVerifier.Forget(folder);
        Assert.False(File.Exists(Path.Combine(folder, ".verified.json")));

        SafetensorsWriter.Write(Path.Combine(folder, "weights.safetensors"), [SafetensorsEntry.Of("a", [1f, 2f], 2)]);
        using (SafetensorsFile weights = SafetensorsFile.Open(Path.Combine(folder, "weights.safetensors")))
            Assert.Equal([1f, 2f], weights.ReadFloats("a"));

        var run = new RunRecord(
            "same",
            "widget",
            "widget",
            "patchclip",
            0,
            0,
            [],
            new Dictionary<string, double>(),
            [],
            new Dictionary<string, IReadOnlyList<double[]>>(),
            []
        );
        new RunFiles(folder).Write(run);
        Assert.NotNull(new RunFiles(folder).Find("widget", "patchclip", 0, 0, "same"));

        PinFile
            .Load(folder)
            .Add("clip/weights", new PinFile.Pin(new string('a', 64), 1, "https://example.org/weights", DateTimeOffset.UnixEpoch));
        Assert.NotNull(PinFile.Load(folder).Find("clip/weights"));

        string download = Path.Combine(folder, "weights");
        using (
            PartFile part = await PartFile.OpenAsync(
                download,
                new Uri("https://example.org/weights"),
                TestContext.Current.CancellationToken
            )
        )
        {
            await part.AppendAsync("content"u8.ToArray(), TestContext.Current.CancellationToken);
            part.Install();
        }

        Assert.Equal("content", await File.ReadAllTextAsync(download, TestContext.Current.CancellationToken));
    }
}
