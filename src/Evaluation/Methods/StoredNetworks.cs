using ClipFusion.Imaging;
using ClipFusion.Inspection;
using ClipFusion.Inspection.Networks;
using ClipFusion.OnnxInference.Sessions;

namespace ClipFusion.Evaluation.Methods;

/// <summary>Step 4 for one picture as the networks answered it before: what they said is read from the store, and they run only where it is
/// not there. Used by one thread.</summary>
/// <param name="networks">The store, and the networks under the words of the picture's object.</param>
/// <param name="picture">The picture.</param>
/// <param name="turn">By how many quarters the backbone sees it turned.</param>
internal sealed class StoredNetworks(ObjectNetworks networks, Picture picture, int turn = 0) : IImageNetworks
{
    /// <inheritdoc/>
    /// <remarks>Known once an output has been read.</remarks>
    public Region Covered { get; private set; }

    /// <inheritdoc/>
    public int? DeviceOf(string graph) => null;

    /// <inheritdoc/>
    public NetworkOutputs RunClip(bool staysOnDevice, InspectionTrace? trace, CancellationToken cancellation) =>
        Take(networks.Clip(picture, cancellation));

    /// <inheritdoc/>
    public NetworkOutputs RunDiffusion(DiffusionPlan plan, bool staysOnDevice, InspectionTrace? trace, CancellationToken cancellation) =>
        Take(networks.Diffusion(picture, plan, cancellation));

    /// <inheritdoc/>
    public NetworkOutputs RunBackbone(bool staysOnDevice, InspectionTrace? trace, CancellationToken cancellation) =>
        Take(networks.Backbone(picture, turn, cancellation));

    private NetworkOutputs Take(StoredOutputs stored)
    {
        Covered = stored.Covered;
        return stored.Tensors;
    }
}
