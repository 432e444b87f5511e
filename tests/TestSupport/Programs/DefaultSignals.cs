using System.Diagnostics;

namespace ClipFusion.TestSupport;

/// <summary>
/// Children as a terminal or a service manager starts them: every signal does what it usually does. A child inherits which signals its
/// parent ignores, and under
/// <c>nohup</c> or behind <c>&amp;</c> in a script those are SIGHUP, SIGINT and SIGQUIT, which no test could send then.
/// </summary>
public static class DefaultSignals
{
    /// <summary>The program takes the place of <c>env</c>: the process's number is its own. What it prints is redirected.</summary>
    public static ProcessStartInfo Start(string program, params IEnumerable<string> arguments) =>
        new("/usr/bin/env", ["--default-signal", program, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
}
