using ClipFusion.Models.Pack;
using ClipFusion.OnnxInference.Sessions;
using Microsoft.ML.OnnxRuntime;

namespace ClipFusion.OnnxInference.Parity;

/// <summary>Compares a graph on an accelerator with the goldens that the CPU left in the pack. The CPU itself is never compared: it is the
/// reference.</summary>
/// <param name="folder">The pack's folder.</param>
/// <param name="manifest">The pack's.</param>
/// <param name="probe">Inputs of a graph, the goldens' or (true) others.</param>
/// <param name="allowsFloat16">Whether TensorRT may choose float16 kernels.</param>
internal sealed class ParityGate(
    string folder,
    PackManifest manifest,
    Func<string, GoldenTensors, bool, ProbeInputs> probe,
    bool allowsFloat16
)
{
    private readonly Lazy<GoldenTensors> _goldens = new(() => GoldenTensors.Read(folder));

    /// <summary>Why nothing can be compared; null when it can.</summary>
    public string? WhyNot =>
        manifest.HasGoldens
            ? null
            : $"pack '{manifest.Name}' has no golden outputs ({GraphNames.Goldens}), without which only the CPU may run it; build the "
                + "pack again";

    /// <summary>
    /// Runs the graph on the probe and compares every output. A graph that replays what it captured runs on the probe, on another picture
    /// and on the probe again: a replay that reads the picture of before would meet the goldens in every run with the same one.
    /// </summary>
    /// <param name="name">The graph's name.</param>
    /// <param name="graph">What is to be judged.</param>
    /// <param name="cancellation">Ends the run.</param>
    /// <exception cref="OnnxRuntimeException">It does not run at all.</exception>
    /// <exception cref="NetworkException">A copy failed.</exception>
    public IReadOnlyList<ParityError> Compare(string name, LoadedGraph graph, CancellationToken cancellation = default)
    {
        GoldenTensors goldens = _goldens.Value;
        string[] outputs = goldens.OutputsOf(name);
        double limit = ParityLimits.Of(name, graph.Provider, manifest.Precision, allowsFloat16);
        using ProbeInputs inputs = probe(name, goldens, false);
        using NetworkOutputs first = graph.Run(inputs.Values, outputs, null, cancellation);
        if (!graph.CudaGraphs)
            return [.. outputs.Select(o => Compare(first, o))];

        using ProbeInputs others = probe(name, goldens, true);
        // What the first run gave is looked at after all of them: it must not change.
        using NetworkOutputs second = graph.Run(others.Values, outputs, null, cancellation),
            third = graph.Run(inputs.Values, outputs, null, cancellation);
        return
        [
            .. outputs.Select(o =>
                WrongWith(o) is { } wrong
                    ? new ParityError(o, double.PositiveInfinity, limit) { Remark = wrong }
                    : Worse(Compare(first, o), Compare(third, o))
            ),
        ];

        ParityError Compare(NetworkOutputs found, string output) =>
            new(
                output,
                found.Shape(output).SequenceEqual(goldens.Shape(name, output))
                    ? ParityError.Normalized(found.Floats(output), goldens.Values(name, output))
                    : double.PositiveInfinity,
                limit
            );

        string? WrongWith(string output)
        {
            double moved = ParityError.Normalized(second.Floats(output), first.Floats(output));
            return moved <= limit ? "another picture gave the same"
                : double.IsFinite(moved) ? null
                : "another picture gave what is no number";
        }

        static ParityError Worse(ParityError a, ParityError b) => a.Error >= b.Error ? a : b;
    }
}
