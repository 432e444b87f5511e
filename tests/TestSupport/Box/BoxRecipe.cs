using System.Text.Json;
using System.Text.Json.Serialization;

namespace ClipFusion.TestSupport;

/// <summary>A recipe of a box under test, with reference images of noise.</summary>
/// <param name="Number">The PLC's number.</param>
/// <param name="Name">Its name.</param>
/// <param name="Profile">What judges.</param>
public sealed record BoxRecipe(int Number, string Name, string Profile = "clipfusion")
{
    /// <summary>The object word of a recorded pack.</summary>
    public const string RecordedObject = "board";

    private static readonly JsonSerializerOptions Sparse = new() { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    /// <summary>The object word.</summary>
    public string Object { get; init; } = RecordedObject;

    /// <summary>What is compared; null for the program's own choice.</summary>
    public string[]? Branches { get; init; }

    /// <summary>Few-shot thresholds by profile; null = 1 for the profile alone.</summary>
    public Dictionary<string, double>? Thresholds { get; init; }

    /// <summary>Reference images: file and seed.</summary>
    public (string File, int Seed)[] References { get; init; } = [("reference.png", 1)];

    /// <summary>Whose result is held for the deadline; null for the program's own choice.</summary>
    public string? Fallback { get; init; }

    /// <summary>Milliseconds from receipt to verdict; null = none.</summary>
    public int? DeadlineMs { get; init; }

    /// <summary>A recipe of the starter pack that is judged fast: CLIP's comparison alone.</summary>
    public static BoxRecipe Fast(int number, string name) =>
        new(number, name, "patchclip")
        {
            Object = name,
            Branches = ["clipVision"],
            Thresholds = new() { ["patchclip"] = 0.3 },
            References = [("ref0.png", 0), ("ref1.png", 1)],
        };

    /// <summary>Writes it into a recipes' folder, and its references beside it.</summary>
    public void Write(string folder)
    {
        Dictionary<string, double> thresholds = Thresholds ?? new Dictionary<string, double> { [Profile] = 1 };
        File.WriteAllText(
            Path.Combine(folder, $"{Name}.json"),
            JsonSerializer.Serialize(
                new
                {
                    number = Number,
                    name = Name,
                    @object = Object,
                    branches = Branches,
                    profile = Profile,
                    deadlineMs = DeadlineMs,
                    fallbackProfile = Fallback,
                    thresholds = thresholds.ToDictionary(t => t.Key, t => new { fewShot = t.Value }),
                    references = References.Select(r => r.File),
                },
                Sparse
            )
        );
        foreach ((string file, int seed) in References)
            NoisePicture.Write(Path.Combine(folder, file), seed);
    }
}
