using System.Diagnostics.CodeAnalysis;
using Microsoft.ML.OnnxRuntime;

namespace ClipFusion.Inspection.Networks;

/// <summary>One graph of a pack, ready to run. Runs may overlap; each can be ended from outside.</summary>
internal sealed class NetworkSession : IDisposable
{
    private readonly InferenceSession _session;
    private readonly string _name;

    public NetworkSession(string path, long weightBytes, SessionSettings settings)
    {
        _name = Path.GetFileName(path);
        using SessionOptions options = settings.ToSessionOptions(weightBytes);
        try
        {
            _session = new InferenceSession(path, options);
        }
        catch (OnnxRuntimeException e)
        {
            throw new NetworkException($"{path}: the runtime can't load this graph: {e.Message}", e);
        }
    }

    /// <summary>Runs the graph.</summary>
    /// <param name="inputs">Every input by name; borrowed.</param>
    /// <param name="outputs">The outputs that are wanted.</param>
    /// <param name="cancellation">Ends the run between two operators; its partial results are gone.</param>
    /// <exception cref="OperationCanceledException">The run was ended.</exception>
    /// <exception cref="NetworkException">The runtime failed.</exception>
    public NetworkOutputs Run(IReadOnlyDictionary<string, OrtValue> inputs, IReadOnlyCollection<string> outputs, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        using var options = new RunOptions();
        using CancellationTokenRegistration end = cancellation.Register(static o => ((RunOptions)o!).Terminate = true, options);
        try
        {
            return new NetworkOutputs(outputs, _session.Run(options, inputs, outputs));
        }
        catch (OnnxRuntimeException) when (cancellation.IsCancellationRequested)
        {
            throw new OperationCanceledException($"{_name} was ended before it was done", cancellation);
        }
        catch (OnnxRuntimeException e)
        {
            throw new NetworkException($"{_name}: {e.Message}", e);
        }
    }

    public void Dispose() => _session.Dispose();
}

/// <summary>What a run gave; the tensors live in the runtime's memory until this is disposed.</summary>
internal sealed class NetworkOutputs(IReadOnlyCollection<string> names, IDisposableReadOnlyCollection<OrtValue> values) : IDisposable
{
    private readonly Dictionary<string, OrtValue> _byName = names.Zip(values).ToDictionary(p => p.First, p => p.Second, StringComparer.Ordinal);

    /// <summary>What there is, in the order that was asked for.</summary>
    public IReadOnlyCollection<string> Names { get; } = names;

    /// <summary>The tensor itself, to hand it to the next graph.</summary>
    public OrtValue this[string name] => _byName[name];

    /// <summary>Its elements in row-major order; valid until this is disposed.</summary>
    public ReadOnlySpan<float> Floats(string name) => _byName[name].GetTensorDataAsSpan<float>();

    /// <summary>The elements of one row along axis 0.</summary>
    public ReadOnlySpan<float> Row(string name, int row)
    {
        ReadOnlySpan<float> all = Floats(name);
        int length = all.Length / (int)Shape(name)[0];
        return all.Slice(row * length, length);
    }

    public long[] Shape(string name) => _byName[name].GetTensorTypeAndShape().Shape;

    public void Dispose() => values.Dispose();
}

/// <summary>A network can't be loaded or run. The message names the graph.</summary>
[SuppressMessage("Design", "CA1032", Justification = "Thrown here alone, always with a message.")]
public sealed class NetworkException(string message, Exception? inner = null) : Exception(message, inner);
