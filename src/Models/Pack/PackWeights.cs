namespace ClipFusion.Models.Pack;

/// <summary>How a pack's weights came to be, and so what its figures are worth. Where its networks differ it is the least of
/// them.</summary>
public enum PackWeights
{
    /// <summary>Whoever built the pack did not say.</summary>
    Unknown,

    /// <summary>Drawn from a generator and never trained.</summary>
    Random,

    /// <summary>Trained on parts that a program drew, not on photographs.</summary>
    DrawnParts,

    /// <summary>As somebody published them.</summary>
    Published,
}

/// <summary>The same in words.</summary>
public static class PackWeightsText
{
    /// <summary>What the weights are and what follows from it, for whoever reads a figure.</summary>
    /// <param name="weights">The weights.</param>
    public static string Of(PackWeights weights) =>
        weights switch
        {
            PackWeights.Random => "random weights, untrained: the figures show that everything runs and say nothing about the method",
            PackWeights.DrawnParts => "weights trained on drawn parts, not on photographs: the figures are not those of published weights",
            PackWeights.Published => "published weights",
            _ => "weights of unknown origin: the pack does not say whether they are random, trained or published",
        };
}
