using ClipFusion.Models.Graph;

namespace ClipFusion.Models.Pack;

/// <summary>A frozen vision network that a pack can be made with: uint8 pictures in, unit features of some of its layers out.</summary>
public abstract class PackBackbone : IDisposable
{
    private protected PackBackbone() { }

    /// <summary>What it was made from, as <see cref="BackbonePart.Kind"/> has it.</summary>
    public abstract string Kind { get; }

    /// <summary>Side of the square input in pixels.</summary>
    public abstract int ImageSize { get; }

    /// <summary>Name of the folder or file that it is read from, without the path.</summary>
    public abstract string SourceName { get; }

    /// <summary>Closes the weight files.</summary>
    public abstract void Dispose();

    /// <summary>Licence and address, where the program itself knows them.</summary>
    internal virtual WeightOrigin? Origin => null;

    /// <summary>Writes the graphs.</summary>
    /// <param name="graphs">Where they go.</param>
    /// <param name="store">The weight file that they share.</param>
    /// <param name="compute">Element type of products and activations.</param>
    /// <param name="origin">What they are made from, for their files.</param>
    /// <param name="measure">Runs a graph to see what it gives; null where nobody can.</param>
    /// <returns>The layers, in the order of the graphs' outputs.</returns>
    /// <exception cref="PackException">It can't be written so.</exception>
    internal abstract IReadOnlyList<BackboneLayer> Write(
        PackGraphs graphs,
        ExternalWeightFile store,
        ElementType compute,
        GraphOrigin origin,
        GraphMeasure? measure
    );

    /// <summary>The files that it is read from.</summary>
    internal abstract IReadOnlyList<FileEntry> Files(CancellationToken cancellation);
}
