using System.Globalization;
using ClipFusion.EdgeDaemon.Recipes;
using ClipFusion.Foundation.Files;
using ClipFusion.Inspection.Networks.Providers;
using ClipFusion.Inspection.Recipes;
using ClipFusion.Models.Pack;

namespace ClipFusion.EdgeDaemon.Configuration;

/// <summary>Something that the device will stumble over, though the configuration itself is right.</summary>
/// <param name="Path">JSON path of the value.</param>
/// <param name="Message">What is the matter.</param>
public sealed record ConfigWarning(string Path, string Message)
{
    /// <summary>The warning as one line.</summary>
    public override string ToString() => $"{Path}: {Message}";
}

/// <summary>Looks at what a configuration names: folders, the pack, secrets, recipes.</summary>
public static class ConfigWarnings
{
    private const UnixFileMode OthersMayRead = UnixFileMode.OtherRead | UnixFileMode.OtherWrite;

    /// <summary>Everything that is not as it will have to be; changes nothing, but tries to write in the folders of cameras.</summary>
    /// <param name="config">A configuration without errors.</param>
    public static IReadOnlyList<ConfigWarning> Find(ApplianceConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        var warnings = new List<ConfigWarning>();
        Folder("$.dataFolder", config.DataFolder);
        Pack();
        Secret("$.mqtt.passwordFile", config.Mqtt.PasswordFile);
        Secret("$.mqtt.tls.key", config.Mqtt.Tls?.Key);
        Secret("$.http.tokenFile", config.Http.TokenFile);
        Exists("$.mqtt.tls.ca", config.Mqtt.Tls?.Ca);
        Exists("$.mqtt.tls.certificate", config.Mqtt.Tls?.Certificate);
        RuntimeLibrary();
        Stations();
        return warnings;

        void Add(string path, string message) => warnings.Add(new(path, message));

        void Folder(string path, string folder)
        {
            if (!Directory.Exists(folder)) Add(path, $"there is no folder {folder}");
        }

        void Exists(string path, string? file)
        {
            if (file is null) return;
            try
            {
                RegularFile.ReadAtMost(file, 0);
            }
            catch (FileNotFoundException)
            {
                Add(path, $"there is no file {file}");
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                Add(path, e.Message);
            }
        }

        void Secret(string path, string? file)
        {
            Exists(path, file);
            if (file is not null && File.Exists(file) && !OperatingSystem.IsWindows() && (File.GetUnixFileMode(file) & OthersMayRead) != 0)
                Add(path, $"every user of this machine may read or change {file}; expected mode 0600");
        }

        void RuntimeLibrary()
        {
            if (config.Accelerator.OnnxRuntime is not { } library) return;
            try
            {
                OnnxRuntimeLibrary.Check(library);
            }
            catch (RuntimeLibraryException e)
            {
                Add("$.accelerator.onnxRuntime", e.Message);
            }
        }

        void Pack()
        {
            try
            {
                PackVerifier.ReadManifest(config.ModelPack);
            }
            catch (Exception e) when (e is PackException or IOException or UnauthorizedAccessException)
            {
                Add("$.modelPack", $"no usable model pack: {e.Message}");
            }
        }

        void Stations()
        {
            RecipeCatalogue? recipes = Catalogue();
            for (int i = 0; i < config.Stations.Length; i++)
            {
                string path = string.Create(CultureInfo.InvariantCulture, $"$.stations[{i}]");
                StationConfig station = config.Stations[i];
                if (station.Camera is FolderCameraConfig camera)
                {
                    Folder($"{path}.camera.folder", camera.Folder);
                    if (!camera.Replay && Directory.Exists(camera.Folder) && FolderAccess.Problem(camera.Folder) is { } denied) Add($"{path}.camera.folder", denied);
                }

                if (recipes is not null && RecipeProblem(recipes, station.Recipe) is string problem) Add($"{path}.recipe", problem);
                if (station.Triggers.Http && config.Http.TokenFile is null) Add($"{path}.triggers.http", "without $.http.tokenFile no request can trigger");
                if (station.Triggers.Mqtt && !config.Mqtt.Commands.Contains(MqttCommand.Trigger)) Add($"{path}.triggers.mqtt", "$.mqtt.commands does not allow trigger");
            }
        }

        RecipeCatalogue? Catalogue()
        {
            try
            {
                return RecipeCatalogue.Load(config.RecipeFolder);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                Add("$.dataFolder", $"the recipes can't be read: {e.Message}");
                return null;
            }
        }
    }

    private static string? RecipeProblem(RecipeCatalogue recipes, string? key)
    {
        if (key is null) return null;
        if (recipes.Find(key) is not { } entry) return $"there is no recipe {key} in {recipes.Folder}";
        if (entry.Recipe is not { } recipe) return $"recipe {entry.Name}: {string.Join("; ", entry.Errors)}";
        if (recipe.Files.FirstOrDefault(f => !File.Exists(Path.Combine(recipes.Folder, f))) is string missing) return $"recipe {entry.Name}: there is no file {missing}";
        var shots = recipe.References.IsEmpty || (recipe.Method.UsedBranches & Branches.Vision) == 0 ? Inspection.ShotMode.ZeroShot : Inspection.ShotMode.FewShot;
        return recipe.Rule.Thresholds[recipe.Method.Profile, shots] is null ? $"recipe {entry.Name} has no threshold for its profile: nothing will be judged" : null;
    }
}
