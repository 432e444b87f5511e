using System.Diagnostics;

namespace ClipFusion.ApplianceTests.Box;

/// <summary>A real browser without a window.</summary>
internal static class Chromium
{
    /// <summary>What a page has become after some seconds of its own time, as HTML.</summary>
    public static async Task<string> DumpAsync(Uri page, int seconds, CancellationToken cancellation)
    {
        string profile = Directory.CreateTempSubdirectory("clipfusion-browser-").FullName;
        try
        {
            using Process browser = Process.Start(new ProcessStartInfo(Find(),
                ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-proxy-server", $"--user-data-dir={profile}", $"--timeout={seconds * 1000}", "--dump-dom", page.ToString()])
            { RedirectStandardOutput = true, RedirectStandardError = true })!;
            Task<string> said = browser.StandardError.ReadToEndAsync(cancellation);
            string html = await browser.StandardOutput.ReadToEndAsync(cancellation);
            await browser.WaitForExitAsync(cancellation);
            return html.Length > 0 ? html : throw new InvalidOperationException($"the browser showed nothing: {await said}");
        }
        finally
        {
            Directory.Delete(profile, recursive: true);
        }
    }

    private static string Find() => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').SelectMany(folder => new[] { "chromium", "chromium-browser", "google-chrome" }.Select(name => Path.Combine(folder, name))).FirstOrDefault(File.Exists)
        ?? throw new FileNotFoundException("there is no chromium; ./build.sh setup installs it");
}
