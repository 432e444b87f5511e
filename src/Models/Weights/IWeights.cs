namespace ClipFusion.Models.Weights;

/// <summary>The tensors of one network by their published names: read from files (<see cref="WeightSet"/>), or recorded while a network is
/// being described.</summary>
public interface IWeights
{
    /// <summary>Whether a tensor of this name exists; for names that are published in more than one spelling.</summary>
    /// <param name="name">Published name.</param>
    bool Contains(string name);

    /// <summary>A tensor that the network needs.</summary>
    /// <param name="name">Published name.</param>
    /// <param name="shape">The only accepted shape; none for a scalar.</param>
    /// <exception cref="WeightException">Absent, of another shape, or not of a float type; names file, tensor, expected and
    /// found.</exception>
    WeightTensor Require(string name, params ReadOnlySpan<long> shape);
}
