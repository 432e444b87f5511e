using ClipFusion.Foundation.Json;

namespace ClipFusion.EdgeDaemon.Configuration;

/// <summary>What came of reading the configuration again.</summary>
/// <param name="Changes">Every difference to what runs, and when it counts; empty after an error.</param>
/// <param name="Errors">Why the new one can't be used; empty when it can.</param>
internal sealed record ReloadResult(IReadOnlyList<ConfigChange> Changes, IReadOnlyList<FieldError> Errors)
{
    /// <summary>Whether the file could be used.</summary>
    public bool IsGood => Errors.Count == 0;
}

/// <summary>The configuration that runs. A reload takes what may change at run time; a bad file changes nothing. Safe for use by many
/// threads.</summary>
/// <param name="path">The file.</param>
/// <param name="environment">The environment that the process was started with.</param>
/// <param name="current">What was read from both at the start.</param>
internal sealed class LiveConfig(string path, IReadOnlyDictionary<string, string> environment, ApplianceConfig current)
{
    private readonly Lock _reloading = new();
    private volatile ApplianceConfig _current = current;

    /// <summary>Reads a file and the process's environment, which later reloads see as they are now.</summary>
    /// <exception cref="ConfigException">Not a usable configuration, or a variable is wrong.</exception>
    public static LiveConfig Load(string path)
    {
        Dictionary<string, string> environment = ConfigReader.ProcessEnvironment();
        return new(path, environment, ConfigReader.ReadFile(path, environment));
    }

    /// <summary>What runs now.</summary>
    public ApplianceConfig Current => _current;

    /// <summary>Reads the file again. Values that need a restart stay as they are in <see cref="Current"/> and are told again by the next
    /// reload.</summary>
    public ReloadResult Reload()
    {
        lock (_reloading)
        {
            try
            {
                ApplianceConfig wanted = ConfigReader.ReadFile(path, environment);
                IReadOnlyList<ConfigChange> changes = ConfigChange.Between(_current, wanted);
                _current = ConfigChange.TakeLive(_current, wanted);
                return new(changes, []);
            }
            catch (ConfigException e)
            {
                return new([], e.Errors);
            }
        }
    }
}
