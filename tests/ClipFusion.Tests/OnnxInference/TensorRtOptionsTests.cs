using ClipFusion.Models.Graph;
using ClipFusion.Models.Pack;
using ClipFusion.OnnxInference.Providers;

namespace ClipFusion.Tests.OnnxInference;

public sealed class TensorRtOptionsTests(ProbedPacks packs) : IClassFixture<ProbedPacks>
{
    private static readonly ProviderSettings Settings = new(ProviderChoices.All(ProviderChoice.Auto))
    {
        Device = 1,
        WorkspaceBytes = 1L << 30,
    };

    [Theory]
    [InlineData(GraphNames.ClipImage, "1")]
    [InlineData(GraphNames.MapDiff, "1")]
    [InlineData(GraphNames.MapDiffLanguage, "1")]
    [InlineData(GraphNames.VaeEncoder, "0")]
    [InlineData(GraphNames.ClipText, "0")]
    [InlineData(GraphNames.DiffusionText, "0")]
    public void Float16_ByPackOrByWish_IsForTheImageTowerAndTheUnetAlone(string graph, string expected)
    {
        Assert.Equal("0", Of(graph, Settings)["trt_fp16_enable"]);
        Assert.Equal(expected, Of(graph, Settings with { Float16 = true })["trt_fp16_enable"]);
        Assert.Equal(expected, Of(graph, Settings, Precision.Float16)["trt_fp16_enable"]);
    }

    [Fact]
    public void Options_OfAGraph_NameDeviceMemoryAndCaches()
    {
        Dictionary<string, string> options = Of(GraphNames.MapDiff, Settings);
        Assert.Equal(
            ("1", "1073741824", "/engines/mapdiff", "/engines", GraphNames.MapDiff),
            (
                options["device_id"],
                options["trt_max_workspace_size"],
                options["trt_engine_cache_path"],
                options["trt_timing_cache_path"],
                options["trt_engine_cache_prefix"]
            )
        );
    }

    [Fact]
    public void Profiles_CoverEveryFreeLengthOfEveryGraph_AndRowsHaveOneOptimumAndMaximum()
    {
        foreach (
            GraphEntry graph in PackVerifier.ReadManifest(packs.Folder).Graphs.Where(g => !g.Debug && g.Target == GraphTarget.TensorRt)
        )
        {
            Dictionary<string, string> options = Of(graph.Name, Settings);
            Dictionary<string, long[]> min = Parse(options["trt_profile_min_shapes"]),
                opt = Parse(options["trt_profile_opt_shapes"]),
                max = Parse(options["trt_profile_max_shapes"]);
            Assert.Equal(
                graph
                    .Inputs.Where(i => i.Shape.Any(d => !long.TryParse(d, out _)) || i.Name.StartsWith("rows_", StringComparison.Ordinal))
                    .Select(i => i.Name),
                min.Keys
            );
            foreach (TensorEntry input in graph.Inputs.Where(i => min.ContainsKey(i.Name)))
            {
                Assert.Equal(
                    (input.Shape.Count, input.Shape.Count, input.Shape.Count),
                    (min[input.Name].Length, opt[input.Name].Length, max[input.Name].Length)
                );
                Assert.All(
                    Enumerable.Range(0, input.Shape.Count),
                    d => Assert.True(min[input.Name][d] <= opt[input.Name][d] && opt[input.Name][d] <= max[input.Name][d])
                );
            }

            // Rows, and the values of the inputs that are lengths themselves.
            if (graph.Name == GraphNames.MapDiff)
                Assert.Equal(
                    (1, 12, 12, 12),
                    (min[GraphNames.Context][0], opt[GraphNames.Context][0], max[GraphNames.Context][0], opt[GraphNames.RowsAfterMaps][0])
                );
            if (graph.Name == GraphNames.VaeEncoder)
                Assert.Equal("1", $"{max[GraphNames.Pixels][0]}");
        }
    }

    [Fact]
    public void CudaOptions_KeepFullProducts() =>
        Assert.Equal(
            ("0", "1"),
            (CudaOptions.Of(Settings, cudaGraphs: false)["use_tf32"], CudaOptions.Of(Settings, cudaGraphs: false)["device_id"])
        );

    [Theory]
    [InlineData(true, "1")]
    [InlineData(false, "0")]
    public void CudaGraphs_OfASession_AreTheProvidersOwnSwitchAndChangeNothingElse(bool cudaGraphs, string expected)
    {
        Dictionary<string, string> cuda = CudaOptions.Of(Settings, cudaGraphs),
            tensorRt = Of(GraphNames.VaeEncoder, Settings, cudaGraphs: cudaGraphs);
        Assert.Equal((expected, expected), (cuda["enable_cuda_graph"], tensorRt["trt_cuda_graph_enable"]));
        Assert.Equal(
            Of(GraphNames.VaeEncoder, Settings).Where(o => o.Key != "trt_cuda_graph_enable"),
            tensorRt.Where(o => o.Key != "trt_cuda_graph_enable")
        );
    }

    private Dictionary<string, string> Of(
        string graph,
        ProviderSettings settings,
        Precision precision = Precision.Float32,
        bool cudaGraphs = false
    )
    {
        GraphEntry[] variants = [.. PackVerifier.ReadManifest(packs.Folder).Graphs.Where(g => g.Name == graph && !g.Debug)];
        return TensorRtOptions.Of(new GraphFile(packs.Folder, graph, variants, 0, precision), settings, "/engines", cudaGraphs);
    }

    private static Dictionary<string, long[]> Parse(string shapes) =>
        shapes
            .Split(',')
            .Select(s => s.Split(':'))
            .ToDictionary(s => s[0], s => Array.ConvertAll(s[1].Split('x'), long.Parse), StringComparer.Ordinal);
}
