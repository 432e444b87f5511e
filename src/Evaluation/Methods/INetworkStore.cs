namespace ClipFusion.Evaluation.Methods;

/// <summary>What networks say of pictures, kept or made anew.</summary>
internal interface INetworkStore
{
    /// <summary>The pack by its content, and what runs it.</summary>
    string Pack { get; }

    /// <summary>Runs a network on a picture unless what it says is there.</summary>
    /// <param name="picture">The picture.</param>
    /// <param name="part">Which networks, and for what.</param>
    /// <param name="key">The network and its settings, as text that differs when they do.</param>
    /// <param name="run">Given the pixels, runs it: outputs, and what it saw of the picture.</param>
    void Prepare(Picture picture, string part, string key, NetworkRun run);

    /// <summary>What a network says of a picture.</summary>
    /// <param name="picture">The picture.</param>
    /// <param name="part">Which networks, and for what.</param>
    /// <param name="key">The network and its settings, as text that differs when they do.</param>
    /// <param name="run">Given the pixels, runs it: outputs, and what it saw of the picture.</param>
    StoredOutputs Get(Picture picture, string part, string key, NetworkRun run);
}
