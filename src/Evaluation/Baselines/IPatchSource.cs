using ClipFusion.Evaluation.Methods;
using ClipFusion.Imaging;

namespace ClipFusion.Evaluation.Baselines;

/// <summary>Locally aware patch features of one picture.</summary>
/// <param name="Rows">Height x width rows, row-major.</param>
/// <param name="Height">Patches from top to bottom.</param>
/// <param name="Width">Patches from left to right.</param>
/// <param name="Covered">The part of the picture that they cover, in its pixels.</param>
internal sealed record PatchFeatures(float[] Rows, int Height, int Width, Region Covered);

/// <summary>Where PatchCore's features come from.</summary>
internal interface IPatchSource : IDisposable
{
    /// <summary>The row's name.</summary>
    string Row { get; }

    /// <summary>What of the network and its settings the features depend on, as text that differs when they do.</summary>
    string Fingerprint { get; }

    /// <summary>Side of the network's input in pixels, on which the map's smoothing is measured.</summary>
    int InputSize { get; }

    /// <summary>Runs the network on a picture, or finds that it was.</summary>
    void Prepare(Picture picture, CancellationToken cancellation);

    /// <summary>A picture's features; all of one method have the same grid and width.</summary>
    PatchFeatures Features(Picture picture, CancellationToken cancellation);
}
