using ClipFusion.OnnxInference;
using ClipFusion.OnnxInference.Sessions;

namespace ClipFusion.Inspection.Networks;

/// <summary>
/// Step 4 for one image: what the image tower, the denoiser and the backbone say about it. <see cref="PackNetworks"/> runs the networks of
/// a pack; an evaluation reads what they said before. Steps 5 to 7 can't tell which of them answers.
/// </summary>
public interface IImageNetworks
{
    /// <summary>The part of the frame that the networks see and the maps cover, in its pixels.</summary>
    Imaging.Region Covered { get; }

    /// <summary>The GPU on which a graph's features can stay for a search there, counted from 0; null when every output comes to the
    /// host.</summary>
    /// <param name="graph">One of <see cref="Models.Pack.GraphNames"/>.</param>
    int? DeviceOf(string graph);

    /// <summary>The image tower: class embedding, patch embeddings and the features of each block, in the recipe's streams.</summary>
    /// <param name="staysOnDevice">Whether the features may stay where the tower ran, to be searched for there.</param>
    /// <param name="trace">Notes durations and, with a debug pack, raw tensors; null for nothing.</param>
    /// <param name="cancellation">Ends the run.</param>
    /// <returns>Owned by the caller.</returns>
    /// <exception cref="NetworkException">A network failed.</exception>
    /// <exception cref="OperationCanceledException">Ended from outside.</exception>
    NetworkOutputs RunClip(bool staysOnDevice, InspectionTrace? trace, CancellationToken cancellation);

    /// <summary>The VAE encoder and one pass of the denoiser: the states' maps and the features of each (timestep, block) of the
    /// plan.</summary>
    /// <param name="plan">The rows of the pass; borrowed.</param>
    /// <param name="staysOnDevice">Whether the features may stay where the denoiser ran, to be searched for there.</param>
    /// <param name="trace">Notes durations and, with a debug pack, raw tensors; null for nothing.</param>
    /// <param name="cancellation">Ends the run.</param>
    /// <returns>Owned by the caller.</returns>
    /// <exception cref="NetworkException">A network failed.</exception>
    /// <exception cref="OperationCanceledException">Ended from outside.</exception>
    NetworkOutputs RunDiffusion(DiffusionPlan plan, bool staysOnDevice, InspectionTrace? trace, CancellationToken cancellation);

    /// <summary>The backbone: the features of each of its layers.</summary>
    /// <param name="staysOnDevice">Whether the features may stay where the backbone ran, to be searched for there.</param>
    /// <param name="trace">Notes durations and, with a debug pack, raw tensors; null for nothing.</param>
    /// <param name="cancellation">Ends the run.</param>
    /// <returns>Owned by the caller.</returns>
    /// <exception cref="NetworkException">A network failed.</exception>
    /// <exception cref="OperationCanceledException">Ended from outside.</exception>
    NetworkOutputs RunBackbone(bool staysOnDevice, InspectionTrace? trace, CancellationToken cancellation);
}
