using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json;

namespace ClipFusion.ApplianceTests.Brokers;

/// <summary>
/// A broker that is not mosquitto, on loopback, in a folder of its own. Anybody may do everything, but the user <c>press</c> may not write
/// to one topic. <c>./build.sh soak
/// brokers</c> installs them and names the folder with aedes.
/// </summary>
internal sealed class OtherBroker : IAsyncDisposable
{
    private const string AedesFolder = "CLIPFUSION_AEDES";
    private readonly string _name,
        _forbidden;
    private readonly int _side = Ports.Free(),
        _epmd = Ports.Free(),
        _distribution = Ports.Free();
    private readonly TemporaryFolder _folder = new();
    private Child? _child;

    /// <param name="name">rabbitmq, nats or aedes.</param>
    /// <param name="forbidden">The topic.</param>
    public OtherBroker(string name, string forbidden) => (_name, _forbidden) = (name, forbidden);

    public int Port { get; } = Ports.Free();

    /// <summary>The port of its own, other protocol: AMQP, or NATS' clients. aedes has none.</summary>
    public int OtherPort => _side;

    public string Folder => _folder.Root;

    public ProgramLog Log { get; } = new();

    public string PasswordFile
    {
        get
        {
            string file = Path.Combine(Folder, "password");
            File.WriteAllText(file, "right\n");
            return file;
        }
    }

    /// <summary>Starts it, again with what it kept on disk, and waits until it takes connections.</summary>
    public async Task StartAsync(CancellationToken cancellation)
    {
        ProcessStartInfo start = _name switch
        {
            "rabbitmq" => RabbitMq(),
            "nats" => Nats(),
            _ => DefaultSignals.Start(
                "node",
                Path.Combine(
                    Environment.GetEnvironmentVariable(AedesFolder)
                        ?? throw new InvalidOperationException($"{AedesFolder} is not set; ./build.sh soak brokers does it"),
                    "aedes.js"
                ),
                $"{Port}",
                _forbidden
            ),
        };
        int said = Log.Lines.Count;
        _child = Child.Start(start, Log, hasChildren: true);
        await _child.SaysAsync(
            _name switch
            {
                "rabbitmq" => "Server startup complete",
                "nats" => "Server is ready",
                _ => "ready",
            },
            cancellation,
            after: said
        );
    }

    /// <summary>Stops it as a service manager would.</summary>
    public async Task StopAsync()
    {
        if (_child is null)
            return;
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await _child.SignalAsync("TERM", CancellationToken.None);
        await _child.ExitedAsync(limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _child.DisposeAsync();
        _child = null;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        if (_name == "rabbitmq")
        {
            ProcessStartInfo end = DefaultSignals.Start("epmd", "-port", $"{_epmd}", "-kill");
            end.Environment["ERL_EPMD_RELAXED_COMMAND_CHECK"] = "1";
            await Programs.RunAsync(end, default, CancellationToken.None);
        }
        _folder.Dispose();
    }

    private ProcessStartInfo Nats()
    {
        string file = Path.Combine(Folder, "nats.conf"),
            subject = _forbidden.Replace('/', '.');
        File.WriteAllText(
            file,
            $$"""
            listen: 127.0.0.1:{{_side}}
            server_name: contract
            jetstream { store_dir: "{{Folder}}/store" }
            mqtt { host: 127.0.0.1, port: {{Port}} }
            authorization { users: [
              { user: anybody, password: right }
              { user: press, password: right, permissions: { publish: { allow: ">", deny: "{{subject}}" }, subscribe: ">" } }
            ] }
            no_auth_user: anybody
            """
        );
        return DefaultSignals.Start("nats-server", "-c", file);
    }

    private ProcessStartInfo RabbitMq()
    {
        byte[] salt = [1, 2, 3, 4];
        string hash = Convert.ToBase64String([.. salt, .. SHA256.HashData([.. salt, .. "right"u8])]);
        object Right(string user) =>
            new
            {
                user,
                vhost = "/",
                configure = ".*",
                write = ".*",
                read = ".*",
            };
        string definitions = Path.Combine(Folder, "definitions.json"),
            configuration = Path.Combine(Folder, "rabbitmq.conf");
        File.WriteAllText(
            definitions,
            JsonSerializer.Serialize(
                new
                {
                    users = new object[]
                    {
                        new
                        {
                            name = "guest",
                            password_hash = hash,
                            hashing_algorithm = "rabbit_password_hashing_sha256",
                            tags = "administrator",
                        },
                        new
                        {
                            name = "press",
                            password_hash = hash,
                            hashing_algorithm = "rabbit_password_hashing_sha256",
                            tags = "",
                        },
                    },
                    vhosts = new object[] { new { name = "/" } },
                    permissions = new[] { Right("guest"), Right("press") },
                    topic_permissions = new object[]
                    {
                        new
                        {
                            user = "press",
                            vhost = "/",
                            exchange = "amq.topic",
                            write = $"^(?!{_forbidden.Replace("/", "\\.", StringComparison.Ordinal)}$).*$",
                            read = ".*",
                        },
                    },
                }
            )
        );
        File.WriteAllText(
            configuration,
            $"""
            listeners.tcp.1 = 127.0.0.1:{_side}
            mqtt.listeners.tcp.1 = 127.0.0.1:{Port}
            mqtt.allow_anonymous = true
            mqtt.default_user = guest
            mqtt.default_pass = right
            load_definitions = {definitions}
            log.console = true
            """
        );
        File.WriteAllText(Path.Combine(Folder, "plugins"), "[rabbitmq_mqtt].");
        var start = DefaultSignals.Start("/usr/lib/rabbitmq/bin/rabbitmq-server");
        foreach (
            (string name, string value) in new (string, string)[]
            {
                ("HOME", Folder),
                ("RABBITMQ_NODENAME", $"contract{Port}@localhost"),
                ("RABBITMQ_MNESIA_BASE", Path.Combine(Folder, "mnesia")),
                ("RABBITMQ_LOG_BASE", Path.Combine(Folder, "log")),
                ("RABBITMQ_CONFIG_FILE", configuration),
                ("RABBITMQ_ENABLED_PLUGINS_FILE", Path.Combine(Folder, "plugins")),
                ("RABBITMQ_DIST_PORT", $"{_distribution}"),
                ("ERL_EPMD_PORT", $"{_epmd}"),
                ("ERL_EPMD_ADDRESS", "127.0.0.1"),
                ("RABBITMQ_PID_FILE", Path.Combine(Folder, "pid")),
            }
        )
            start.Environment[name] = value;
        return start;
    }
}
