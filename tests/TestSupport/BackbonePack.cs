using System.Security.Cryptography;
using System.Text.Json.Nodes;
using ClipFusion.Models.Graph;
using ClipFusion.Models.Pack;

namespace ClipFusion.TestSupport;

/// <summary>Packs with a backbone of two convolutions with random weights, which sees each patch for itself: enough to tell patches apart,
/// and quick.</summary>
public static class BackbonePack
{
    /// <summary>Side of the input in pixels.</summary>
    public const int Size = 48;

    /// <summary>The layers: patches of 8 and of 16 pixels.</summary>
    public static IReadOnlyList<BackboneLayer> Layers { get; } = [new("3", 12, Size / 8), new("6", 20, Size / 16)];

    /// <summary>A pack of the backbone alone.</summary>
    /// <param name="folder">Made where it is missing.</param>
    public static string Alone(string folder)
    {
        Directory.CreateDirectory(folder);
        Write(
            folder,
            new JsonObject
            {
                ["schema"] = PackManifest.CurrentSchema,
                ["name"] = "backbone",
                ["notice"] = null,
                ["precision"] = "float32",
                ["clip"] = null,
                ["diffusion"] = null,
                ["graphs"] = new JsonArray(),
                ["sources"] = new JsonArray(),
                ["methodDefaults"] = new JsonObject
                {
                    ["temperature"] = 0.07,
                    ["languageTimestep"] = 201,
                    ["timestepBlocks"] = new JsonArray(new JsonArray(201, 3)),
                    ["alphaSegmentation"] = 0.25,
                    ["alphaClassification"] = 0.75,
                },
                ["files"] = new JsonArray(),
            },
            0
        );
        return folder;
    }

    /// <summary>A copy of a pack with the backbone beside its networks.</summary>
    /// <param name="pack">The pack.</param>
    /// <param name="folder">Made where it is missing.</param>
    /// <param name="weight">The backbone's weight where a recipe says none.</param>
    public static string Beside(string pack, string folder, double weight = 0)
    {
        Directory.CreateDirectory(folder);
        // Goldens would have to be the backbone's, too.
        foreach (string file in Directory.EnumerateFiles(pack).Select(f => Path.GetFileName(f)!))
        {
            if (!file.StartsWith('.') && file != GraphNames.Goldens)
                File.Copy(Path.Combine(pack, file), Path.Combine(folder, file));
        }

        JsonObject manifest = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, PackManifest.FileName)))!.AsObject();
        manifest["files"]!.AsArray().RemoveAll(f => (string?)f!["path"] == GraphNames.Goldens);
        Write(folder, manifest, weight);
        return folder;
    }

    private static void Write(string folder, JsonObject manifest, double weight)
    {
        string graph = $"{GraphNames.BackboneImage}.onnx",
            weights = GraphNames.WeightFile(GraphNames.BackboneImage);
        Graph().Save(Path.Combine(folder, graph));
        // Its weights are constants of the graph; the file must be there all the same.
        File.WriteAllBytes(Path.Combine(folder, weights), [0, 0, 0, 0]);
        manifest["backbone"] = new JsonObject
        {
            ["kind"] = "onnx",
            ["imageSize"] = Size,
            ["layers"] = new JsonArray([
                .. Layers.Select(l => new JsonObject
                {
                    ["name"] = l.Name,
                    ["channels"] = l.Channels,
                    ["gridSize"] = l.GridSize,
                }),
            ]),
            ["weight"] = weight,
        };
        manifest["graphs"]!
            .AsArray()
            .Add(
                new JsonObject
                {
                    ["name"] = GraphNames.BackboneImage,
                    ["target"] = "onnxRuntime",
                    ["debug"] = false,
                    ["file"] = graph,
                    ["inputs"] = new JsonArray(Tensor(GraphNames.Pixels, "uInt8", "1", $"{Size}", $"{Size}", "3")),
                    ["outputs"] = new JsonArray([
                        .. Layers.Select(
                            (l, i) => Tensor(GraphNames.BackboneFeatures(i), "float32", "1", $"{l.GridSize * l.GridSize}", $"{l.Channels}")
                        ),
                    ]),
                }
            );
        foreach (string file in (string[])[graph, weights])
        {
            byte[] bytes = File.ReadAllBytes(Path.Combine(folder, file));
            manifest["files"]!
                .AsArray()
                .Add(
                    new JsonObject
                    {
                        ["path"] = file,
                        ["size"] = bytes.Length,
                        ["sha256"] = Convert.ToHexStringLower(SHA256.HashData(bytes)),
                    }
                );
        }

        File.WriteAllText(Path.Combine(folder, PackManifest.FileName), manifest.ToJsonString());
    }

    private static GraphBuilder Graph()
    {
        var g = new GraphBuilder(GraphNames.BackboneImage, GraphTarget.OnnxRuntime);
        Value pixels = g.Input(GraphNames.Pixels, ElementType.UInt8, 1, Size, Size, 3);
        Value x = g.Scale(g.Shift(g.Transpose(g.Cast(pixels, ElementType.Float32), 0, 3, 1, 2), -128), 1.0 / 64);
        for (int i = 0; i < Layers.Count; i++)
        {
            (_, int channels, int grid) = Layers[i];
            int patch = Size / grid;
            Value map = g.Conv(
                x,
                g.Constant(ElementType.Float32, Random(i, channels * 3 * patch * patch), channels, 3, patch, patch),
                g.Constant(ElementType.Float32, Random(10 + i, channels), channels),
                patch,
                (0, 0, 0, 0)
            );
            Value cells = g.Transpose(g.Reshape(map, 1, channels, grid * grid), 0, 2, 1);
            g.Output(GraphNames.BackboneFeatures(i), g.Normalize(cells));
        }

        return g;
    }

    private static double[] Random(int seed, int count)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.NextDouble() - 0.5)];
    }

    private static JsonObject Tensor(string name, string type, params string[] shape) =>
        new()
        {
            ["name"] = name,
            ["type"] = type,
            ["shape"] = new JsonArray([.. shape.Select(s => JsonValue.Create(s))]),
        };
}
