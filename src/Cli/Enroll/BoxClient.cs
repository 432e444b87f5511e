using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using ClipFusion.Foundation.Files;

namespace ClipFusion.Cli.Enroll;

/// <summary>A running box, as its API shows it (docs/openapi.yaml).</summary>
internal sealed class BoxClient : IDisposable
{
    private const int MaxToken = 1024;

    private readonly HttpClient _http;

    /// <param name="url">Where it listens.</param>
    /// <param name="tokenFile">File with the token that changes need; null for none.</param>
    /// <exception cref="UsageException">The address is none, or the file can't be read.</exception>
    public BoxClient(string url, string? tokenFile)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out Uri? address) || address.Scheme is not ("http" or "https"))
            throw new UsageException($"--url {url}: an address such as http://127.0.0.1:8080 is expected");
        _http = new HttpClient { BaseAddress = address, Timeout = TimeSpan.FromMinutes(2) };
        if (tokenFile is null)
            return;
        try
        {
            string token = RegularFile.ReadAllText(tokenFile, MaxToken).Trim();
            _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            throw new UsageException($"--token-file {e.Message}", e);
        }
    }

    public Task<JsonNode> GetAsync(string path, CancellationToken cancellation) =>
        SendAsync(new HttpRequestMessage(HttpMethod.Get, path), cancellation);

    public Task<JsonNode> PostAsync(string path, JsonObject body, CancellationToken cancellation) =>
        SendAsync(new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(body) }, cancellation);

    public Task<JsonNode> PostAsync(string path, byte[] picture, CancellationToken cancellation) =>
        SendAsync(new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(picture) }, cancellation);

    public Task<JsonNode> DeleteAsync(string path, CancellationToken cancellation) =>
        SendAsync(new HttpRequestMessage(HttpMethod.Delete, path), cancellation);

    public void Dispose() => _http.Dispose();

    private async Task<JsonNode> SendAsync(HttpRequestMessage request, CancellationToken cancellation)
    {
        try
        {
            using HttpResponseMessage answer = await _http.SendAsync(request, cancellation).ConfigureAwait(false);
            string text = await answer.Content.ReadAsStringAsync(cancellation).ConfigureAwait(false);
            JsonNode? body = Parse(text);
            if (answer.IsSuccessStatusCode)
                return body ?? throw new IOException($"{request.RequestUri}: the answer is no JSON: is this a box?");
            string why = (string?)body?["errorText"] ?? (string?)body?["detail"] ?? $"{(int)answer.StatusCode} {answer.ReasonPhrase}";
            string code = (string?)body?["error"] is { } named ? $" ({named})" : "";
            // The same request can't work for whoever doesn't show the token, or asks for what can't be.
            throw answer.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden
                ? new UsageException($"{why}{code}; --token-file is expected to name the box's")
                : new IOException($"{why}{code}");
        }
        catch (HttpRequestException e)
        {
            throw new IOException($"the box at {_http.BaseAddress} can't be reached: {e.Message}", e);
        }
        catch (TaskCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw new IOException($"the box at {_http.BaseAddress} did not answer within {_http.Timeout.TotalSeconds:0} s", e);
        }
        finally
        {
            request.Dispose();
        }
    }

    private static JsonNode? Parse(string text)
    {
        try
        {
            return JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
