namespace ClipFusion.Evaluation.Baselines;

/// <summary>A network of one's own for PatchCore, and how pictures come to it.</summary>
/// <param name="File">An ONNX file with one input, float32 [1, 3, S, S]; weights may lie beside it.</param>
public sealed record BackboneOptions(string File)
{
    /// <summary>What the row is called after <c>patchcore-</c>; null for the file's name without its ending.</summary>
    public string? Name { get; init; }

    /// <summary>The outputs to take, float32 [1, C, h, w] each; the first gives the grid. Empty for all of more than one position, in the
    /// file's order.</summary>
    public IReadOnlyList<string> Outputs { get; init; } = [];

    /// <summary>The shorter side in pixels after resizing, of which the centre S x S is shown, S at the least; null for S x 256 / 224, the
    /// paper's.</summary>
    public int? Resize { get; init; }

    /// <summary>Per channel (red, green, blue), taken from values of 0..1; ImageNet's by default.</summary>
    public IReadOnlyList<float> Mean { get; init; } = [0.485f, 0.456f, 0.406f];

    /// <summary>Per channel, what is divided by then; above 0. ImageNet's by default.</summary>
    public IReadOnlyList<float> Deviation { get; init; } = [0.229f, 0.224f, 0.225f];

    /// <summary>Whether it takes blue, green, red in the place of red, green, blue.</summary>
    public bool IsBgr { get; init; }

    /// <summary>Threads of the network; 0 = one per core.</summary>
    public int Threads { get; init; }
}

/// <summary>A backbone can't be used. The message names the file and says what is expected.</summary>
public sealed class BackboneException(string message, Exception? inner = null) : Exception(message, inner);
