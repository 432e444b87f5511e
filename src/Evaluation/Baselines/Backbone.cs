using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using ClipFusion.Foundation.Files;
using ClipFusion.Models.Pack;
using ClipFusion.OnnxInference.Sessions;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace ClipFusion.Evaluation.Baselines;

/// <summary>A network of one's own that was opened, run once and found to give feature maps.</summary>
public sealed partial class Backbone : IDisposable
{
    /// <summary>The largest input's side in pixels.</summary>
    public const int MaxInputSize = 4096;

    private const string Expected =
        "one input, float32 [1, 3, S, S] with a fixed S, is expected: export the network for one picture of a fixed size";

    private readonly InferenceSession _session;
    private readonly string _input;

    private Backbone(BackboneOptions options, InferenceSession session, string content)
    {
        (Options, _session) = (options, session);
        (_input, InputSize) = Input(options.File, session);
        Resize = options.Resize ?? (int)(InputSize * 256L / 224);
        if (Resize < InputSize)
            throw new BackboneException(
                $"{options.File}: pictures resized to {Resize} have no centre of {InputSize} x {InputSize}, the network's input; "
                    + $"{InputSize} or more is expected"
            );
        Name = NotForNames()
            .Replace((options.Name ?? Path.GetFileNameWithoutExtension(options.File)).ToLowerInvariant(), "-")
            .Trim('-', '.');
        if (Name.Length == 0)
            throw new BackboneException(
                $"{options.File}: '{options.Name}' leaves no name for the row; letters, digits, '.', '_' and '-' are expected"
            );
        Outputs = Choose(options, session);
        Content = content;
    }

    /// <summary>Where it comes from and how pictures come to it.</summary>
    public BackboneOptions Options { get; }

    /// <summary>The row's name without what every such row starts with: <c>[a-z0-9._-]</c>.</summary>
    public string Name { get; }

    /// <summary>Side of its input in pixels.</summary>
    public int InputSize { get; }

    /// <summary>The shorter side of a picture after resizing, in pixels.</summary>
    public int Resize { get; }

    /// <summary>The outputs that are taken, the first for the grid.</summary>
    public IReadOnlyList<string> Outputs { get; }

    /// <summary>How its weights came to be, as far as the program knows.</summary>
    internal PackWeights Weights { get; private init; } = PackWeights.Unknown;

    /// <summary>Changes with the file's content, and with that of its neighbours that it names.</summary>
    internal string Content { get; }

    /// <summary>Opens a network and tries it.</summary>
    /// <param name="options">Which, and how.</param>
    /// <exception cref="BackboneException">It can't be read or run, or its input or outputs are of another form.</exception>
    public static Backbone Open(BackboneOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (LfsPointer.IsFile(options.File))
            throw new BackboneException($"{options.File}: {LfsPointer.Message}");
        InferenceSession? session = null;
        try
        {
            // The runtime opens the files itself, and would wait for a pipe's writer.
            string content = HashOf(options.File);
            using var settings = new SessionOptions
            {
                LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL,
                IntraOpNumThreads = options.Threads,
            };
            session = new InferenceSession(options.File, settings);
            return new Backbone(options, session, content);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BackboneException(e.Message, e);
        }
        catch (Exception e) when (e is OnnxRuntimeException or BackboneException)
        {
            session?.Dispose();
            if (e is BackboneException)
                throw;
            throw new BackboneException($"{options.File}: ONNX Runtime can't use it: {e.Message}", e);
        }
    }

    /// <summary>Opens the ResNet-18 that comes with the program, on the layers that PaDiM takes.</summary>
    /// <param name="threads">Threads of the network; 0 = one per core.</param>
    /// <exception cref="BackboneException">Its file is missing or another one.</exception>
    public static Backbone OpenResNet18(int threads)
    {
        try
        {
            byte[] file = ResNet18.Layers();
            using var settings = new SessionOptions
            {
                LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL,
                IntraOpNumThreads = threads,
            };
            var options = new BackboneOptions(ResNet18.DefaultFile)
            {
                Name = ResNet18.Name,
                IsBgr = true,
                Mean = [.. ResNet18.Means.Reverse().Select(m => (float)(m / 255))],
                Deviation = [1 / 255f, 1 / 255f, 1 / 255f],
                Threads = threads,
            };
            return new Backbone(
                options,
                new InferenceSession(file, settings),
                Convert.ToHexStringLower(SHA256.HashData(file).AsSpan(0, 16))
            )
            {
                Weights = PackWeights.Published,
            };
        }
        catch (PackException e)
        {
            throw new BackboneException(e.Message, e);
        }
    }

    /// <summary>Runs it.</summary>
    /// <param name="pixels">[1, 3, S, S], prepared.</param>
    /// <param name="cancellation">Ends the run.</param>
    internal NetworkOutputs Run(float[] pixels, CancellationToken cancellation) =>
        Run(_session, _input, InputSize, pixels, Outputs, cancellation);

    /// <inheritdoc/>
    public void Dispose() => _session.Dispose();

    private static NetworkOutputs Run(
        InferenceSession session,
        string input,
        int size,
        float[] pixels,
        IReadOnlyList<string> outputs,
        CancellationToken cancellation
    )
    {
        cancellation.ThrowIfCancellationRequested();
        using var options = new RunOptions();
        using CancellationTokenRegistration end = cancellation.Register(static o => ((RunOptions)o!).Terminate = true, options);
        using OrtValue value = OrtValue.CreateTensorValueFromMemory(pixels, [1, 3, size, size]);
        try
        {
            return new NetworkOutputs([.. outputs], session.Run(options, new Dictionary<string, OrtValue> { [input] = value }, outputs));
        }
        catch (OnnxRuntimeException e) when (cancellation.IsCancellationRequested)
        {
            throw new OperationCanceledException("the backbone was ended before it was done", e, cancellation);
        }
    }

    private static (string Name, int Size) Input(string file, InferenceSession session)
    {
        if (session.InputMetadata.Count != 1)
            throw new BackboneException(
                $"{file}: has {session.InputMetadata.Count} inputs ({string.Join(", ", session.InputNames)}); {Expected}"
            );
        (string name, NodeMetadata input) = session.InputMetadata.Single();
        bool fits =
            input.IsTensor
            && input.ElementDataType == TensorElementType.Float
            && input.Dimensions is [1, 3, >= 1 and <= MaxInputSize, _]
            && input.Dimensions[2] == input.Dimensions[3];
        return fits ? (name, input.Dimensions[2]) : throw new BackboneException($"{file}: input '{name}' is {Text(input)}; {Expected}");
    }

    /// <summary>Runs it on a black picture, since a file need not say its outputs' shapes.</summary>
    private string[] Choose(BackboneOptions options, InferenceSession session)
    {
        string[] floats =
        [
            .. session.OutputNames.Where(n => session.OutputMetadata[n] is { IsTensor: true, ElementDataType: TensorElementType.Float }),
        ];
        if (options.Outputs.Except(floats).FirstOrDefault() is { } unknown)
            throw new BackboneException(
                $"{options.File}: has no float32 output '{unknown}'; there are {(floats.Length > 0 ? string.Join(", ", floats) : "none")}"
            );
        string[] asked = options.Outputs.Count > 0 ? [.. options.Outputs] : floats;
        if (asked.Length == 0)
            throw new BackboneException($"{options.File}: has no float32 output; feature maps [1, C, h, w] are expected");
        using NetworkOutputs outputs = Run(session, _input, InputSize, new float[3 * InputSize * InputSize], asked, CancellationToken.None);
        string[] maps =
        [
            .. asked.Where(n => outputs.Shape(n) is [1, > 0, > 0, > 0] shape && (options.Outputs.Count > 0 || shape[2] * shape[3] > 1)),
        ];
        string[] others = options.Outputs.Count > 0 || maps.Length == 0 ? [.. asked.Except(maps)] : [];
        return others.Length == 0
            ? maps
            : throw new BackboneException(
                $"{options.File}: {string.Join(", ", others.Select(n => $"output '{n}' is [{string.Join(", ", outputs.Shape(n))}]"))}; "
                    + "feature maps [1, C, h, w] are expected"
            );
    }

    /// <summary>Weights may lie in other files: neighbours whose name stands in the file count too.</summary>
    private static string HashOf(string file)
    {
        byte[] model = RegularFile.ReadAllBytes(file, Array.MaxLength);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(SHA256.HashData(model));
        string[] neighbours =
            model.AsSpan().IndexOf("location"u8) >= 0 ? Directory.GetFiles(Path.GetDirectoryName(Path.GetFullPath(file))!) : [];
        foreach (string neighbour in neighbours.Order(StringComparer.Ordinal))
        {
            if (model.AsSpan().IndexOf(Encoding.UTF8.GetBytes(Path.GetFileName(neighbour))) < 0)
                continue;
            using FileStream stream = RegularFile.OpenStream(neighbour);
            hash.AppendData(SHA256.HashData(stream));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 16));
    }

    private static string Text(NodeMetadata input) =>
        input.IsTensor
            ? $"{$"{input.ElementDataType}".ToLowerInvariant()} [{string.Join(", ", input.Dimensions.Select((_, i) => Axis(input, i)))}]"
            : $"no tensor but {input.OnnxValueType}";

    private static string Axis(NodeMetadata input, int axis) =>
        input.Dimensions[axis] is >= 0 and int size ? $"{size}"
        : input.SymbolicDimensions[axis] is { Length: > 0 } symbol ? symbol
        : "?";

    [GeneratedRegex("[^a-z0-9._-]+")]
    private static partial Regex NotForNames();
}
