using ClipFusion.Imaging;

namespace ClipFusion.Evaluation.Methods;

/// <summary>Runs networks whenever they are asked, on pictures that are in memory: for measuring how long they take.</summary>
/// <param name="pack">The pack by its content.</param>
/// <param name="pixels">A picture's pixels by its path.</param>
internal sealed class FreshNetworks(string pack, IReadOnlyDictionary<string, RgbImage> pixels) : INetworkStore
{
    public string Pack => pack;

    public void Prepare(Picture picture, string part, string key, NetworkRun run)
    {
        // Whatever is wanted is made when it is asked for.
    }

    public StoredOutputs Get(Picture picture, string part, string key, NetworkRun run)
    {
        (ClipFusion.OnnxInference.Sessions.NetworkOutputs outputs, Region covered) = run(pixels[picture.Path].View);
        return new StoredOutputs(outputs, covered);
    }
}
