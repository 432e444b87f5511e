using System.Globalization;
using ClipFusion.EdgeDaemon.Configuration;
using ClipFusion.EdgeDaemon.Recipes;
using ClipFusion.EdgeDaemon.Storage;
using ClipFusion.Foundation.Files;
using ClipFusion.Foundation.Json;
using ClipFusion.Models.Pack;
using ClipFusion.OnnxInference.Providers;

namespace ClipFusion.EdgeDaemon.Composition;

/// <summary>Something that the device will stumble over, though the configuration itself is right.</summary>
/// <param name="Path">JSON path of the value.</param>
/// <param name="Message">What is the matter.</param>
internal sealed record ConfigWarning(string Path, string Message)
{
    /// <summary>The warning as one line.</summary>
    public override string ToString() => $"{Path}: {Message}";
}

/// <summary>
/// Looks at what a configuration names, as <c>run</c> will: folders and the rights on them, the pack, secrets, all recipes. Rights are
/// found out by trying, as the user who asks.
/// </summary>
internal sealed class DeviceCheck
{
    private const UnixFileMode OthersMayRead = UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    /// <summary>Linux error numbers, which an IOException carries as they are.</summary>
    private const int NoSpace = 28,
        QuotaExceeded = 122;

    private readonly ApplianceConfig _config;
    private readonly List<FieldError> _errors = [];
    private readonly List<ConfigWarning> _warnings = [];

    private DeviceCheck(ApplianceConfig config) => _config = config;

    /// <summary>What the device can't run with.</summary>
    public IReadOnlyList<FieldError> Errors => _errors;

    /// <summary>What it runs with, though not as one expects.</summary>
    public IReadOnlyList<ConfigWarning> Warnings => _warnings;

    /// <summary>Everything that is not as it has to be. Leaves everything as it was.</summary>
    /// <param name="config">A configuration without errors.</param>
    public static DeviceCheck Of(ApplianceConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        var check = new DeviceCheck(config);
        check.DataFolder();
        PackManifest? pack = check.Pack();
        check.Secret("$.mqtt.passwordFile", config.Mqtt.PasswordFile);
        check.Secret("$.mqtt.tls.key", config.Mqtt.Tls?.Key);
        check.Secret("$.http.tokenFile", config.Http.TokenFile);
        check.Exists("$.mqtt.tls.ca", config.Mqtt.Tls?.Ca);
        check.Exists("$.mqtt.tls.certificate", config.Mqtt.Tls?.Certificate);
        check.RuntimeLibrary();
        check.Stations(check.Recipes(pack));
        return check;
    }

    /// <summary>What stands in the way of a start: the pack and the data folder. <c>run</c> looks before anything is started.</summary>
    /// <param name="config">A configuration without errors.</param>
    /// <exception cref="PackException">There is no usable pack.</exception>
    /// <exception cref="IOException">The data folder can't be written to.</exception>
    internal static void RequireStart(ApplianceConfig config)
    {
        PackVerifier.ReadManifest(config.ModelPack);
        if (NotWritable(config.DataFolder) is { } why)
            throw new IOException($"$.dataFolder: {why}");
    }

    private void Warn(string path, string message) => _warnings.Add(new(path, message));

    private void DataFolder()
    {
        if (NotWritable(_config.DataFolder) is { } why)
            _errors.Add(new("$.dataFolder", why, "a folder that this user may write to"));
        else if (!Directory.Exists(_config.DataFolder))
            Warn("$.dataFolder", $"there is no folder {_config.DataFolder}; it is made at the start");
    }

    /// <summary>Why files can't be made in a folder, which may be missing as long as it can be made; null where they can.</summary>
    private static string? NotWritable(string folder)
    {
        string? there = folder;
        while (there is not null && !Directory.Exists(there))
        {
            if (File.Exists(there))
                return $"{there} is a file, not a folder";
            there = Path.GetDirectoryName(there);
        }

        if (there is null)
            return $"no part of {folder} is there";
        string probe = AtomicFile.TemporaryIn(there);
        try
        {
            using (new FileStream(probe, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose))
                return null;
        }
        catch (IOException e) when (e.HResult is NoSpace or QuotaExceeded)
        {
            // A full disk is a state of the device, which has a reserve for it, not a mistake.
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"{there} can't be written to: {e.Message}";
        }
    }

    private void CameraFolder(string path, FolderCameraConfig camera)
    {
        if (!Directory.Exists(camera.Folder))
        {
            Warn(path, $"there is no folder {camera.Folder}");
            return;
        }

        try
        {
            using IEnumerator<string> files = Directory.EnumerateFileSystemEntries(camera.Folder).GetEnumerator();
            files.MoveNext();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _errors.Add(new(path, $"a folder that can't be read: {e.Message}", "a folder that this user may read and write to"));
            return;
        }

        // Pictures that were taken move to done/ and rejected/, unless they are only replayed. Without that they are judged once all the
        // same, and pile up.
        if (!camera.Replay && FolderAccess.Problem(camera.Folder) is { } denied)
            Warn(path, denied);
    }

    private void Exists(string path, string? file)
    {
        if (file is null)
            return;
        try
        {
            RegularFile.ReadAtMost(file, 0);
        }
        catch (FileNotFoundException)
        {
            Warn(path, $"there is no file {file}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Warn(path, e.Message);
        }
    }

    private void Secret(string path, string? file)
    {
        Exists(path, file);
        if (file is not null && File.Exists(file) && !OperatingSystem.IsWindows() && (File.GetUnixFileMode(file) & OthersMayRead) != 0)
            Warn(path, $"every user of this machine may read or change {file}; expected mode 0600");
    }

    private void RuntimeLibrary()
    {
        if (_config.Accelerator.OnnxRuntime is not { } library)
            return;
        try
        {
            OnnxRuntimeLibrary.Check(library);
        }
        catch (RuntimeLibraryException e)
        {
            _errors.Add(new("$.accelerator.onnxRuntime", e.Message, "a libonnxruntime.so that this program can use"));
        }
    }

    private PackManifest? Pack()
    {
        try
        {
            return PackVerifier.ReadManifest(_config.ModelPack);
        }
        catch (Exception e) when (e is PackException or IOException or UnauthorizedAccessException)
        {
            _errors.Add(new("$.modelPack", $"no usable model pack: {e.Message}", "a folder that \"clipfusion models build\" made"));
            return null;
        }
    }

    /// <summary>Every recipe, because any may be set tomorrow.</summary>
    private RecipeCatalogue? Recipes(PackManifest? pack)
    {
        RecipeCatalogue recipes;
        try
        {
            recipes = RecipeCatalogue.Load(_config.RecipeFolder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _errors.Add(new("$.dataFolder", $"recipes that can't be read: {e.Message}", "a folder recipes/ that this user may read"));
            return null;
        }

        foreach (CatalogueEntry entry in recipes.Entries)
        {
            if (entry.Recipe is not { } recipe)
                Warn("recipes", $"recipe {entry.Name}: {string.Join("; ", entry.Errors)}");
            else
                foreach (RecipeProblem problem in RecipeCheck.Find(recipe, recipes.Folder, pack, IsTaught(recipe)))
                    Warn("recipes", $"recipe {entry.Name}: {problem.Message}");
        }

        return recipes;
    }

    private bool IsTaught(StationRecipe recipe) => ReferenceStore.HasActive(_config.DataFolder, recipe.Name);

    private void Stations(RecipeCatalogue? recipes)
    {
        for (int i = 0; i < _config.Stations.Length; i++)
        {
            string path = string.Create(CultureInfo.InvariantCulture, $"$.stations[{i}]");
            StationConfig station = _config.Stations[i];
            if (station.Camera is FolderCameraConfig camera)
                CameraFolder($"{path}.camera.folder", camera);
            if (station.Recipe is { } key && recipes is not null)
            {
                if (recipes.Find(key) is not { } entry)
                    Warn($"{path}.recipe", $"there is no recipe {key} in {recipes.Folder}");
                else if (entry.Recipe is not { } recipe || RecipeCheck.Find(recipe, recipes.Folder, null, IsTaught(recipe)).Count > 0)
                    Warn($"{path}.recipe", $"recipe {entry.Name} is not in order, as above");
            }

            if (station.Triggers.Http && _config.Http.TokenFile is null)
                Warn($"{path}.triggers.http", "without $.http.tokenFile no request can trigger");
            if (station.Triggers.Mqtt && !_config.Mqtt.Commands.Contains(MqttCommand.Trigger))
                Warn($"{path}.triggers.mqtt", "$.mqtt.commands does not allow trigger");
        }
    }
}
