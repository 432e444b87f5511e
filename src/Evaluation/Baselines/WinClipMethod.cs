using ClipFusion.Evaluation.Methods;
using ClipFusion.Inspection.Maps;
using ClipFusion.Inspection.Networks;
using ClipFusion.Inspection.Recipes;

namespace ClipFusion.Evaluation.Baselines;

/// <summary>WinCLIP as a row of the tables.</summary>
internal sealed class WinClipMethod : IMethod
{
    private const string Part = "winclip";

    private readonly WinClipNetworks _networks;
    private readonly INetworkStore _store;
    private readonly Recipe _settings;
    private readonly Dictionary<string, WinClip> _words = new(StringComparer.Ordinal);

    /// <summary>The method.</summary>
    /// <param name="pack">A pack with WinCLIP's graphs; shared, not owned.</param>
    /// <param name="recipe">Crop and grey levels are taken from it, nothing else.</param>
    /// <param name="store">Keeps what the networks say.</param>
    public WinClipMethod(ModelPack pack, Recipe recipe, INetworkStore store)
    {
        _settings = PictureSettings.Of(recipe);
        (_networks, _store) = (new WinClipNetworks(pack, _settings), store);
    }

    public IReadOnlyList<string> Rows { get; } = [Part];

    private string Key => $"{_store.Pack} {_settings.Revision}";

    public bool Supports(int shots) => true;

    public string Fingerprint(string objectWord) => $"{Part} {_store.Pack} {objectWord} {_settings.Revision}";

    public void EnsurePrompts(string objectWord) => _networks.EnsurePrompts(objectWord);

    public void Prepare(Picture picture, PictureRole role, CancellationToken cancellation) =>
        _store.Prepare(picture, Part, Key, frame => _networks.Encode(frame, cancellation));

    public Func<Picture, Judgement[]> Enroll(
        string objectWord,
        int shots,
        IReadOnlyList<Picture> references,
        CancellationToken cancellation
    )
    {
        WinClip method = Method(objectWord, cancellation);
        WinClipFeatures[] features = [.. references.Select(Features)];
        return picture =>
        {
            using StoredOutputs outputs = Outputs(picture, cancellation);
            WinClipFeatures image = WinClipNetworks.Features(outputs.Tensors);
            (float score, float[] map) = features.Length > 0 ? method.FewShot(image, features) : method.ZeroShot(image);
            int grid = _networks.Grid;
            return
            [
                new Judgement(
                    score,
                    outputs.Covered,
                    (height, width, destination) => BilinearResize.Resize(map, grid, grid, destination, height, width)
                ),
            ];
        };

        WinClipFeatures Features(Picture picture)
        {
            using StoredOutputs outputs = Outputs(picture, cancellation);
            return WinClipNetworks.Features(outputs.Tensors);
        }
    }

    public void Dispose() { }

    private StoredOutputs Outputs(Picture picture, CancellationToken cancellation) =>
        _store.Get(picture, Part, Key, frame => _networks.Encode(frame, cancellation));

    private WinClip Method(string objectWord, CancellationToken cancellation)
    {
        if (!_words.TryGetValue(objectWord, out WinClip? method))
            _words[objectWord] = method = new WinClip(
                _networks.Grid,
                _networks.Mean(WinClipPrompts.Normal(objectWord), cancellation),
                _networks.Mean(WinClipPrompts.Anomalous(objectWord), cancellation)
            );
        return method;
    }
}
