using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace ClipFusion.EdgeDaemon.Runtime;

/// <summary>
/// FOR TESTS ONLY: a power cut at an exact place. With <c>CLIPFUSION_TEST_KILL_AT=accepted:3</c> in its environment the process kills
/// itself (SIGKILL: nothing is flushed, nobody is told) when it passes that step for the third time. Without the variable a step costs one
/// look at a null.
/// </summary>
internal sealed partial class KillPoint
{
    /// <summary>Name of the environment variable.</summary>
    public const string Variable = "CLIPFUSION_TEST_KILL_AT";

    private static KillPoint? _armed;

    private readonly int _atPassing;
    private int _passings;

    private KillPoint(KillStep step, int passing) => (Step, _atPassing) = (step, passing);

    /// <summary>Where.</summary>
    public KillStep Step { get; }

    /// <summary>Reads a setting; arms nothing.</summary>
    /// <param name="setting">A step in camelCase, a colon, and which passing of it, from 1; null or empty for none.</param>
    /// <exception cref="ArgumentException">It is something else.</exception>
    public static KillPoint? Parse(string? setting)
    {
        if (string.IsNullOrEmpty(setting))
            return null;
        if (
            setting.Split(':') is [{ Length: > 0 } name, var count]
            && char.IsAsciiLetterLower(name[0])
            && Enum.TryParse(name, ignoreCase: true, out KillStep step)
            && int.TryParse(count, out int passing)
            && passing > 0
        )
        {
            return new KillPoint(step, passing);
        }

        throw new ArgumentException(
            $"{Variable} is '{setting}'; expected a step and which passing of it, such as accepted:3, with one of the steps "
                + $"{string.Join(", ", Enum.GetNames<KillStep>().Select(n => char.ToLowerInvariant(n[0]) + n[1..]))}. It is for tests "
                + "only: a box in use must not have it."
        );
    }

    /// <summary>Arms what the environment asks for, and says so.</summary>
    /// <exception cref="ArgumentException">The environment asks for something that can't be.</exception>
    public static void Arm(ILogger log)
    {
        if (Parse(Environment.GetEnvironmentVariable(Variable)) is not { } asked)
            return;
        LogArmed(log, Variable, asked.Step, asked._atPassing);
        _armed = asked;
    }

    /// <summary>Passes a step; does not return where the process is to end.</summary>
    public static void Pass(KillStep step) => _armed?.Count(step);

    private void Count(KillStep step)
    {
        if (step != Step || Interlocked.Increment(ref _passings) != _atPassing)
            return;
        using var self = Process.GetCurrentProcess();
        self.Kill();
        // The signal may take a moment; this thread is not to get any further.
        Thread.CurrentThread.Join();
    }

    [OperatorAction("Take the variable out of the service's environment: it is for tests of the program only.")]
    [LoggerMessage(
        5090,
        LogLevel.Warning,
        "{Variable} is set, which is for tests only: this process will kill itself at step {Step}, passing {Passing}"
    )]
    private static partial void LogArmed(ILogger log, string variable, KillStep step, int passing);
}
