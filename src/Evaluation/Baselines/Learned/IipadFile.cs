namespace ClipFusion.Evaluation.Baselines.Learned;

/// <summary>What IIPAD has of one picture.</summary>
/// <param name="Positive">Prompt of the normal side [n, Wt].</param>
/// <param name="Negative">Prompt of the anomalous side [n, Wt].</param>
/// <param name="Query">The Q-Former's output [r, w].</param>
internal sealed record IipadPicture(PromptTensor Positive, PromptTensor Negative, PromptTensor Query);

/// <summary>
/// A file of prompts and Q-Former outputs that IIPAD made elsewhere, for every picture, references and others alike: <c>ID/positive</c> and
/// <c>ID/negative</c> [n, Wt], <c>ID/query</c> [r, w]. ID is the picture's file in the data set's folder, with forward strokes, as results
/// call it.
/// </summary>
public sealed class IipadFile : IDisposable
{
    private readonly PromptTensors? _file;
    private readonly Lock _gate = new();
    private (string Id, int[] Shape)? _first;
    private readonly Func<string, IipadPicture>? _made;

    private IipadFile(PromptTensors file) => _file = file;

    /// <summary>Prompts that are made when they are asked for, by a picture's name: for measuring how long things take.</summary>
    internal IipadFile(Func<string, IipadPicture> made) => _made = made;

    /// <summary>Changes with the file's content.</summary>
    internal string Content => _file?.Content ?? "";

    /// <summary>Opens a file.</summary>
    /// <exception cref="PromptFileException">It can't be read, or is no safetensors file.</exception>
    public static IipadFile Open(string path) => new(PromptTensors.Open(path));

    /// <summary>What there is of a picture.</summary>
    /// <param name="id">What results call it.</param>
    /// <param name="textWidth">Wt.</param>
    /// <param name="longest">Most vectors of a prompt.</param>
    /// <exception cref="PromptFileException">Something is missing, or does not fit.</exception>
    internal IipadPicture Of(string id, int textWidth, int longest)
    {
        if (_made is not null)
            return _made(id);
        PromptTensor positive = _file!.Read($"{id}/positive", "n", textWidth),
            negative = _file.Read($"{id}/negative", "n", textWidth);
        foreach ((string name, PromptTensor prompt) in ((string, PromptTensor)[])[("positive", positive), ("negative", negative)])
            if (prompt.Shape[0] > longest)
                throw new PromptFileException(
                    $"{_file.Path}: tensor '{id}/{name}' has {prompt.Shape[0]} vectors; at most {longest} are read, start and end aside"
                );
        PromptTensor query = _file.Read($"{id}/query", "r", "w");
        EnsureShape(id, query.Shape);
        return new IipadPicture(positive, negative, query);
    }

    /// <summary>Q-Former outputs are compared row by row, so all have one shape: that of the first one that is asked for.</summary>
    private void EnsureShape(string id, int[] shape)
    {
        lock (_gate)
            _first ??= (id, shape);
        if (!_first.Value.Shape.SequenceEqual(shape))
            throw new PromptFileException(
                $"{_file!.Path}: tensor '{id}/query' is [{string.Join(", ", shape)}] and '{_first.Value.Id}/query' "
                    + $"[{string.Join(", ", _first.Value.Shape)}]; one shape for all pictures is expected"
            );
    }

    /// <inheritdoc/>
    public void Dispose() => _file?.Dispose();
}
