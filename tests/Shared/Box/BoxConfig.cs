using System.Text.Json;
using ClipFusion.Inspection.Imaging;

namespace ClipFusion.TestSupport;

/// <summary>A station of a box under test.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Recipe">Which of the box's recipes is active first.</param>
internal sealed record BoxStation(string Name, string Recipe)
{
    /// <summary>Frame size of its simulated line.</summary>
    public (int Width, int Height) Frame { get; init; } = (320, 240);

    /// <summary>Accepted inspections that may wait.</summary>
    public int QueueDepth { get; init; } = 8;

    /// <summary>A folder that it reads instead of a simulated line; null = none.</summary>
    public string? Inbox { get; init; }

    /// <summary>As it stands in the configuration.</summary>
    public object ToJson() => new
    {
        name = Name,
        camera = Inbox is { } folder ? (object)new { kind = "folder", folder } : new { kind = "simulated", seed = 1, width = Frame.Width, height = Frame.Height },
        triggers = new { mqtt = true },
        queueDepth = QueueDepth,
        recipe = Recipe,
    };
}

/// <summary>A recipe of a box under test, with one reference image of noise.</summary>
/// <param name="Number">The PLC's number.</param>
/// <param name="Name">Its name.</param>
/// <param name="Profile">What judges.</param>
internal sealed record BoxRecipe(int Number, string Name, string Profile = "clipfusion")
{
    /// <summary>The object word of every recipe: what a recorded pack is recorded for.</summary>
    public const string Object = "board";

    /// <summary>Few-shot thresholds by profile; null = 1 for the profile alone.</summary>
    public Dictionary<string, double>? Thresholds { get; init; }

    /// <summary>From receipt to verdict; null = none.</summary>
    public int? DeadlineMs { get; init; }

    /// <summary>Writes it into a recipes' folder, and its reference beside it.</summary>
    public void Write(string folder)
    {
        Dictionary<string, double> thresholds = Thresholds ?? new Dictionary<string, double> { [Profile] = 1 };
        File.WriteAllText(Path.Combine(folder, $"{Name}.json"), JsonSerializer.Serialize(new
        {
            number = Number,
            name = Name,
            @object = Object,
            profile = Profile,
            deadlineMs = DeadlineMs,
            thresholds = thresholds.ToDictionary(t => t.Key, t => new { fewShot = t.Value }),
            references = (string[])["reference.png"],
        }));
        NoisePicture.Write(Path.Combine(folder, "reference.png"), seed: 1);
    }
}

/// <summary>A small picture of noise.</summary>
internal static class NoisePicture
{
    /// <summary>The picture of a seed.</summary>
    public static RgbImage Create(int seed)
    {
        var picture = new RgbImage(96, 72);
        new Random(seed).NextBytes(picture.Pixels);
        return picture;
    }

    /// <summary>Writes it as PNG.</summary>
    public static void Write(string path, int seed)
    {
        using FileStream file = File.Create(path);
        ImageCodec.EncodePng(Create(seed).View, file);
    }
}
