using ClipFusion.Foundation;
using ClipFusion.Foundation.Files;

namespace ClipFusion.EdgeDaemon.Pipeline;

/// <summary>The name of a station's active recipe, which survives a restart and a power cut: one small file in the data folder, replaced in
/// one step.</summary>
internal sealed class RememberedRecipe(string dataFolder, string station)
{
    private const int MaxBytes = 4096;

    private readonly string _path = Path.Combine(dataFolder, $"{station}.active-recipe");

    /// <summary>The name; null when none was ever active, or what the file holds is no name.</summary>
    public string? Name
    {
        get
        {
            if (!File.Exists(_path))
                return null;
            string text = RegularFile.ReadAllText(_path, MaxBytes).Trim();
            return Names.IsRecipeName(text) ? text : null;
        }
        set
        {
            // A start on a full disk must not need a new file to say what is said already.
            if (Name == value)
                return;
            AtomicFile.Write(_path, Durability.PowerCut, value ?? "");
        }
    }
}
