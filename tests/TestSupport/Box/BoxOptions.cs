namespace ClipFusion.TestSupport;

/// <summary>What a box under test is like.</summary>
public sealed record BoxOptions
{
    /// <summary>TCP port of the broker, or of a cable to it.</summary>
    public required int Port { get; init; }

    /// <summary>Its stations.</summary>
    public BoxStation[] Stations { get; init; } = [new("line1")];

    /// <summary>Its recipes; null for two that are judged fast, and one that can't be used.</summary>
    public BoxRecipe[]? Recipes { get; init; }

    /// <summary>Folder of its model pack, not owned; null for a starter pack.</summary>
    public string? Pack { get; init; }

    /// <summary>Whether the starter pack is its own, to be damaged, and not one that all boxes share.</summary>
    public bool OwnPack { get; init; }

    /// <summary>Whether it has a pack; one that is never started needs none.</summary>
    public bool HasPack { get; init; } = true;

    /// <summary>The data folder; null for one of its own.</summary>
    public string? DataFolder { get; init; }

    /// <summary>"5" or "3.1.1".</summary>
    public string Version { get; init; } = "5";

    /// <summary>Name for the broker; null for none.</summary>
    public string? UserName { get; init; }

    /// <summary>File with the broker's password; null for none.</summary>
    public string? PasswordFile { get; init; }

    /// <summary>PEM file of the authority that the broker's certificate must come from; null for no encryption.</summary>
    public string? Ca { get; init; }

    /// <summary>What may be commanded over MQTT.</summary>
    public string[] Commands { get; init; } = ["trigger", "recipe"];

    /// <summary>Port of page and API; 0 = one that the system picks, as tests run side by side.</summary>
    public int HttpPort { get; init; }

    /// <summary>Whether requests need the token of the tests; without one none may trigger.</summary>
    public bool HasToken { get; init; } = true;

    /// <summary>Where a proxy shows the page; null for no proxy.</summary>
    public string? PublicOrigin { get; init; }

    /// <summary>Variables beside those of the tests.</summary>
    public (string Name, string Value)[] Environment { get; init; } = [];
}
