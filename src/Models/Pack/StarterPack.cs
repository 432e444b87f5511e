namespace ClipFusion.Models.Pack;

/// <summary>The starter pack: random weights at a small size, so that everything around the networks can be tried before there are trained ones.</summary>
public static class StarterPack
{
    /// <summary>Builds it.</summary>
    /// <param name="target">A folder that does not exist or is empty.</param>
    /// <param name="progress">Told each step in a few words; null for silence.</param>
    /// <param name="cancellation">Ends the build; nothing is left behind.</param>
    /// <exception cref="PackException">It can't be built.</exception>
    public static PackManifest Build(string target, IProgress<string>? progress = null, CancellationToken cancellation = default) =>
        throw new PackException($"'{target}': this program can't build the starter pack yet");
}
