using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace ClipFusion.Benchmarks;

/// <summary>
/// Clients that ask without a pause and without waiting for answers, until standard input ends; then says how many answers came a
/// second. <c>http-load URL</c>,
/// started by <see cref="HttpShareBenchmark"/>. A connection that is closed is opened again.
/// </summary>
internal static class HttpLoad
{
    public const int Connections = 60;

    /// <summary>Said once every connection has had an answer.</summary>
    public const string Running = "running";

    private const int RequestsPerSend = 20;

    public static async Task RunAsync(string[] args)
    {
        var page = new Uri(args[1]);
        using var stop = new CancellationTokenSource();
        long answers = 0;
        var first = new CountdownEvent(Connections);
        Task[] clients =
        [
            .. Enumerable
                .Range(0, Connections)
                .Select(_ =>
                    Task.Run(async () =>
                    {
                        bool isFirst = true;
                        while (!stop.IsCancellationRequested)
                        {
                            await ClientAsync(
                                page,
                                () =>
                                {
                                    Interlocked.Increment(ref answers);
                                    if (isFirst)
                                        first.Signal();
                                    isFirst = false;
                                },
                                stop.Token
                            );
                        }
                    })
                ),
        ];
        first.Wait(TimeSpan.FromSeconds(30));
        Interlocked.Exchange(ref answers, 0);
        long began = Stopwatch.GetTimestamp();
        Console.WriteLine(Running);
        await Console.In.ReadToEndAsync();
        double rate = Interlocked.Read(ref answers) / Stopwatch.GetElapsedTime(began).TotalSeconds;
        await stop.CancelAsync();
        await Task.WhenAll(clients);
        Console.WriteLine(rate.ToString(CultureInfo.InvariantCulture));
    }

    private static async Task ClientAsync(Uri page, Action answered, CancellationToken stop)
    {
        byte[] requests = Encoding.ASCII.GetBytes(
            string.Concat(Enumerable.Repeat($"GET {page.PathAndQuery} HTTP/1.1\r\nHost: {page.Authority}\r\n\r\n", RequestsPerSend))
        );
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(page.Host, page.Port, stop);
            NetworkStream stream = client.GetStream();
            Task sending = SendAsync();
            byte[] buffer = new byte[64 * 1024];
            for (int read; (read = await stream.ReadAsync(buffer, stop)) > 0; )
            {
                ReadOnlySpan<byte> seen = buffer.AsSpan(0, read);
                // One that is cut in two reads is missed, which does not matter.
                for (int at; (at = seen.IndexOf("HTTP/1.1 "u8)) >= 0; seen = seen[(at + 1)..])
                    answered();
            }

            await sending;

            async Task SendAsync()
            {
                while (true)
                    await stream.WriteAsync(requests, stop);
            }
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
        {
            // Opened again, or over.
        }
    }
}
