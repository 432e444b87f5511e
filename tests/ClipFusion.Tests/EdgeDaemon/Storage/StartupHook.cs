using ClipFusion.Tests.EdgeDaemon.Storage;

/// <summary>
/// Turns the test program into a child that writes until it is killed: the runtime calls this before Main when DOTNET_STARTUP_HOOKS names
/// this assembly. The name and the missing namespace are the runtime's rule.
/// </summary>
internal static class StartupHook
{
    public static void Initialize()
    {
        string? folder = Environment.GetEnvironmentVariable(StoreChild.FolderVariable);
        if (folder is null)
            return;
        try
        {
            StoreChild.RunAsync(folder).GetAwaiter().GetResult();
            Environment.Exit(0);
        }
        catch (Exception e)
        {
            Console.Error.WriteLine(e);
            Environment.Exit(1);
        }
    }
}
