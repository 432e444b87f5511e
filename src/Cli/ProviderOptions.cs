using System.CommandLine;
using ClipFusion.OnnxInference.Providers;

namespace ClipFusion.Cli;

/// <summary>The options of verbs that run networks: what runs them. One instance per verb.</summary>
internal sealed class ProviderOptions
{
    private readonly Option<string> _provider = new Option<string>("--provider")
    {
        Description =
            "What runs the networks. auto takes the best that is there and gives what the pack's goldens say; a name means that one or "
            + "nothing.",
        DefaultValueFactory = _ => "auto",
    }.AcceptOnlyFromAmong([.. ProviderNames.Choices.Select(c => c.Name)]);

    private readonly Option<bool> _cudaGraphs = new("--cuda-graphs")
    {
        Description = "Let CUDA and TensorRT replay the image tower and the VAE encoder as CUDA graphs, as accelerator.cudaGraphs does.",
    };

    private readonly Option<string> _engines = new("--engines")
    {
        Description = "Folder of TensorRT's engines and of quarantine marks; a folder in the user's cache when not given.",
        HelpName = "DIR",
    };

    private readonly Option<string> _library = new("--onnx-runtime")
    {
        Description = "A libonnxruntime.so instead of the program's own, for example NVIDIA's on a Jetson.",
        HelpName = "FILE",
    };

    /// <summary>Adds them to a verb.</summary>
    public void AddTo(Command command)
    {
        command.Add(_provider);
        command.Add(_cudaGraphs);
        command.Add(_engines);
        command.Add(_library);
    }

    /// <summary>Takes the library that was named and gives the rest.</summary>
    /// <exception cref="RuntimeLibraryException">The library can't be used.</exception>
    public ProviderSettings Read(ParseResult parsed)
    {
        if (parsed.GetValue(_library) is { } library)
            OnnxRuntimeLibrary.Use(Path.GetFullPath(library));
        string choice = parsed.GetValue(_provider)!;
        return new ProviderSettings(ProviderChoices.All(ProviderNames.Choices.First(c => c.Name == choice).Value))
        {
            CudaGraphs = parsed.GetValue(_cudaGraphs),
            CacheFolder = parsed.GetValue(_engines) is { } folder
                ? Path.GetFullPath(folder)
                : Path.Combine(CacheHome(), "clipfusion", "engines"),
        };
    }

    private static string CacheHome() =>
        Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } set
            ? set
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
}
