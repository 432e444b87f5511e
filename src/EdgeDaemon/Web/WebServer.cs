using ClipFusion.EdgeDaemon.Configuration;
using ClipFusion.EdgeDaemon.Web.Limits;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace ClipFusion.EdgeDaemon.Web;

/// <summary>Page and API: the web server with its limits, and what it serves.</summary>
internal static class WebServer
{
    /// <summary>Longest body in bytes; a trigger's may have half of it.</summary>
    private const int MaximumBody = 8192;

    /// <summary>Bytes of requests that a connection may send ahead of its answers.</summary>
    private const int MaximumAhead = 32 * 1024;

    /// <summary>Above what <see cref="ConnectionTable"/> keeps: those that it has closed take a moment to end.</summary>
    private const int MaximumConnections = 4 * ConnectionTable.Maximum;

    /// <summary>How long a connection may do nothing.</summary>
    private static readonly TimeSpan IdleTime = TimeSpan.FromSeconds(20);

    /// <summary>How long open requests may go on once the program stops.</summary>
    private static readonly TimeSpan StopTime = TimeSpan.FromSeconds(1);

    /// <summary>Takes the address and sets the web server up; nothing else configures it.</summary>
    /// <exception cref="IOException">The address can't be had.</exception>
    public static void Add(WebApplicationBuilder builder, HttpConfig config)
    {
        HttpSocket socket = HttpSocket.Take(config);
        // Made by a factory, so that the host disposes it.
        builder.Services.AddSingleton(_ => socket);
        builder.Services.AddSingleton<HttpToken>().AddSingleton<ChangeGate>().AddSingleton<EventStreams>().AddRoutingCore();
        builder.Services.AddSingleton<TriggerEndpoint>().AddSingleton<EnrollmentEndpoints>();
        builder.Services.AddSingleton<HttpLimits>().AddSingleton<ConnectionTable>().AddSingleton<PageWorker>().AddSingleton<VerdictPages>();
        builder.Services.Configure<SocketTransportOptions>(o => o.CreateBoundListenSocket = _ => socket.Hand());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => Limit(kestrel, socket));
    }

    /// <summary>Maps all that is served.</summary>
    public static void Map(WebApplication app)
    {
        _ = app.Services.GetRequiredService<HttpSocket>();
        app.Use(OtherMethods.HeadAsGet);
        app.UseRouting();
        app.UseMiddleware<RequestGuard>();
        Endpoints(app);
        ExtraEndpoints[] extras = [.. app.Services.GetServices<ExtraEndpoints>()];
        foreach (ExtraEndpoints extra in extras)
            extra.Map(app);
        app.MapGet("/api/v1/extras", context => Reply.JsonAsync(context, StatusCodes.Status200OK, extras.Select(e => e.Name))).Answers(200);
    }

    private static void Endpoints(IEndpointRouteBuilder app)
    {
        PageFiles.Map(app);
        HealthEndpoints.Map(app);
        StationEndpoints.Map(app);
        PictureEndpoints.Map(app);
        app.ServiceProvider.GetRequiredService<TriggerEndpoint>().Map(app);
        app.ServiceProvider.GetRequiredService<EnrollmentEndpoints>().Map(app);
        app.ServiceProvider.GetRequiredService<EventStreams>().Map(app);
    }

    private static void Limit(KestrelServerOptions kestrel, HttpSocket socket)
    {
        kestrel.AddServerHeader = false;
        KestrelServerLimits limits = kestrel.Limits;
        limits.MaxRequestBodySize = MaximumBody;
        limits.MaxRequestLineSize = 4096;
        limits.MaxRequestHeaderCount = 40;
        limits.MaxRequestHeadersTotalSize = 16 * 1024;
        limits.RequestHeadersTimeout = TimeSpan.FromSeconds(5);
        limits.KeepAliveTimeout = IdleTime;
        limits.MaxRequestBufferSize = MaximumAhead;
        limits.MaxConcurrentConnections = MaximumConnections;
        IHostApplicationLifetime lifetime = kestrel.ApplicationServices.GetRequiredService<IHostApplicationLifetime>();
        ConnectionTable connections = kestrel.ApplicationServices.GetRequiredService<ConnectionTable>();
        kestrel.Listen(
            socket.Address,
            listen =>
            {
                listen.Protocols = HttpProtocols.Http1;
                listen.Use(next => connection => connections.ServeAsync(connection, next));
                listen.Use(next => connection => ServeAsync(connection, next, lifetime.ApplicationStopping));
            }
        );
    }

    /// <summary>Whoever reads or writes slowly does not hold up the end of the program: inspections that were accepted are waited for after
    /// the web server.</summary>
    private static async Task ServeAsync(ConnectionContext connection, ConnectionDelegate next, CancellationToken stopping)
    {
        using var over = new CancellationTokenSource();
        using CancellationTokenRegistration begin = stopping.Register(() => over.CancelAfter(StopTime));
        using CancellationTokenRegistration end = over.Token.Register(() =>
            connection.Abort(new ConnectionAbortedException("the program is being stopped"))
        );
        await next(connection).ConfigureAwait(false);
    }
}
