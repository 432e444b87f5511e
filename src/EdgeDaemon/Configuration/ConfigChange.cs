using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Text.Json;

namespace ClipFusion.EdgeDaemon.Configuration;

/// <summary>When a changed value counts.</summary>
public enum ChangeEffect
{
    /// <summary>At once, for the next inspection.</summary>
    AtOnce,

    /// <summary>After a restart.</summary>
    AfterRestart,
}

/// <summary>One value that differs between two configurations.</summary>
/// <param name="Path">Where, with stations by name: <c>$.stations[line1].images.maxDays</c>.</param>
/// <param name="Before">The old value as text; null where there was none.</param>
/// <param name="After">The new value as text; null where there is none.</param>
/// <param name="Effect">When it counts.</param>
internal sealed record ConfigChange(string Path, string? Before, string? After, ChangeEffect Effect)
{
    /// <summary>Everything that differs, in the order of the new configuration and then what was removed.</summary>
    /// <param name="before">The configuration that runs.</param>
    /// <param name="after">The one that was read.</param>
    public static IReadOnlyList<ConfigChange> Between(ApplianceConfig before, ApplianceConfig after)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(after);
        Dictionary<string, string> old = Flatten(before),
            wanted = Flatten(after),
            live = Flatten(TakeLive(before, after));
        return
        [
            .. wanted
                .Keys.Concat(old.Keys.Except(wanted.Keys))
                .Where(path => old.GetValueOrDefault(path) != wanted.GetValueOrDefault(path))
                .Select(path => new ConfigChange(
                    path,
                    old.GetValueOrDefault(path),
                    wanted.GetValueOrDefault(path),
                    live.GetValueOrDefault(path) == wanted.GetValueOrDefault(path) ? ChangeEffect.AtOnce : ChangeEffect.AfterRestart
                )),
        ];
    }

    /// <summary>
    /// The running configuration with what may change while it runs, and the one place that says what that is: time limits of triggers and
    /// recipes, which images and heatmaps are kept, the live window, caps. Everything else was used to build something that stands.
    /// </summary>
    /// <param name="running">The configuration that runs.</param>
    /// <param name="wanted">The one that was read.</param>
    public static ApplianceConfig TakeLive(ApplianceConfig running, ApplianceConfig wanted)
    {
        ArgumentNullException.ThrowIfNull(running);
        ArgumentNullException.ThrowIfNull(wanted);
        return running with
        {
            Stations =
            [
                .. running.Stations.Select(station =>
                    wanted.Stations.FirstOrDefault(s => s.Name == station.Name) is not { } now
                        ? station
                        : station with
                        {
                            MinTriggerInterval = now.MinTriggerInterval,
                            TriggerIdTtl = now.TriggerIdTtl,
                            Images = now.Images,
                            Heatmap = now.Heatmap,
                        }
                ),
            ],
            RecipeDeadline = wanted.RecipeDeadline,
            Mqtt = running.Mqtt with { LiveWindow = wanted.Mqtt.LiveWindow, NoSubscriber = wanted.Mqtt.NoSubscriber },
            Storage = wanted.Storage with { ReserveMb = running.Storage.ReserveMb },
        };
    }

    /// <summary>Every value under its path. By reflection, so that a new property can't be forgotten.</summary>
    private static Dictionary<string, string> Flatten(ApplianceConfig config)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        Add("$", config);
        return values;

        void Add(string path, object? value)
        {
            switch (value)
            {
                case null:
                    break;
                case IEnumerable<StationConfig> stations:
                    foreach (StationConfig station in stations)
                        Add($"{path}[{station.Name}]", station);
                    break;
                case TimeSpan time:
                    values[path + "Ms"] = time.TotalMilliseconds.ToString(CultureInfo.InvariantCulture);
                    break;
                case IEnumerable list and not string:
                    values[path] = string.Join(", ", list.Cast<object>());
                    break;
                case object record when record.GetType().Namespace == typeof(ApplianceConfig).Namespace && !record.GetType().IsEnum:
                    if (record is CameraConfig)
                        values[$"{path}.kind"] = record is FolderCameraConfig ? "folder" : "simulated";
                    foreach (
                        PropertyInfo property in record
                            .GetType()
                            .GetProperties(BindingFlags.Public | BindingFlags.Instance)
                            .Where(p => p.CanWrite)
                    )
                        Add($"{path}.{JsonNamingPolicy.CamelCase.ConvertName(property.Name)}", property.GetValue(record));
                    break;
                default:
                    values[path] = Convert.ToString(value, CultureInfo.InvariantCulture)!;
                    break;
            }
        }
    }
}
