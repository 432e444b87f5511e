using System.Net;
using System.Net.Http.Headers;
using System.Security.Authentication;
using System.Text;

namespace ClipFusion.Models.Download;

/// <summary>Sends requests over HTTPS only and follows redirects itself, so that none leads to plain HTTP or carries credentials
/// elsewhere.</summary>
internal sealed class HttpsFetcher : IDisposable
{
    private const int MaxRedirects = 5;

    private static readonly ProductInfoHeaderValue Agent = new("clipfusion", typeof(HttpsFetcher).Assembly.GetName().Version!.ToString(3));

    private readonly HttpClient _client;

    /// <summary>Uses the handler, which must not follow redirects on its own, or a plain one.</summary>
    public HttpsFetcher(HttpMessageHandler? handler)
    {
        if (handler is SocketsHttpHandler { AllowAutoRedirect: true } or HttpClientHandler { AllowAutoRedirect: true })
        {
            throw new ArgumentException("the handler follows redirects on its own; set AllowAutoRedirect to false", nameof(handler));
        }

        bool own = handler is null;
        handler ??= new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.None,
        };
        // Waiting is bounded by the stall guard, which knows whether bytes still come.
        _client = new HttpClient(handler, disposeHandler: own) { Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <summary>Sends a request and returns the first answer that is not a redirect, its body unread. The caller disposes it.</summary>
    /// <param name="method">GET or HEAD.</param>
    /// <param name="url">An https URL; a user name and password in it are sent to its own host and port only.</param>
    /// <param name="prepare">Adds headers; called once per hop.</param>
    /// <param name="stall">Bounds the wait for headers.</param>
    /// <exception cref="PullException">Not https, bad redirects, an untrusted server, or a connection that failed (retryable).</exception>
    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, Uri url, Action<HttpRequestHeaders> prepare, StallGuard stall)
    {
        var credentials = Credentials(url);
        var target = WithoutCredentials(url);
        for (int hop = 0; hop <= MaxRedirects; hop++)
        {
            if (target.Scheme != Uri.UriSchemeHttps)
                throw new PullException(PullFailure.NotHttps, $"{Show(url)} leads to {Show(target)}: only https is accepted");
            using var request = new HttpRequestMessage(method, target);
            request.Headers.UserAgent.Add(Agent);
            request.Headers.AcceptEncoding.ParseAdd("identity");
            request.Headers.Authorization = credentials;
            prepare(request.Headers);
            var response = await SendOnceAsync(request, stall).ConfigureAwait(false);
            if (
                response.StatusCode
                is not (
                    HttpStatusCode.MovedPermanently
                    or HttpStatusCode.Found
                    or HttpStatusCode.SeeOther
                    or HttpStatusCode.TemporaryRedirect
                    or HttpStatusCode.PermanentRedirect
                )
            )
            {
                return response;
            }

            var location = response.Headers.Location;
            response.Dispose();
            if (location is null)
                throw new PullException(PullFailure.BadRedirect, $"{Show(target)} redirects without saying where to");
            var next = WithoutCredentials(new Uri(target, location));
            // Once another host was asked, even a way back gets no credentials: that host chose it.
            if (next.Authority != target.Authority)
                credentials = null;
            target = next;
        }

        throw new PullException(PullFailure.BadRedirect, $"{Show(url)} redirects more than {MaxRedirects} times");
    }

    /// <summary>A URL for messages: without credentials, and without the query, which on content networks holds a signature.</summary>
    public static string Show(Uri url) => url.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped);

    /// <summary>The URL without user name and password.</summary>
    public static Uri WithoutCredentials(Uri url) =>
        url.UserInfo.Length == 0 ? url : new UriBuilder(url) { UserName = "", Password = "" }.Uri;

    public void Dispose() => _client.Dispose();

    private async Task<HttpResponseMessage> SendOnceAsync(HttpRequestMessage request, StallGuard stall)
    {
        try
        {
            return await stall
                .WaitAsync(token => _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, token))
                .ConfigureAwait(false);
        }
        catch (HttpRequestException e)
            when (e.HttpRequestError == HttpRequestError.SecureConnectionError && e.InnerException is AuthenticationException)
        {
            throw new PullException(
                PullFailure.UntrustedServer,
                $"{Show(request.RequestUri!)}: the server's certificate is not accepted: {e.InnerException.Message}",
                e
            );
        }
        catch (HttpRequestException e)
        {
            throw new PullException(PullFailure.Connection, $"{Show(request.RequestUri!)}: {e.GetBaseException().Message}", e)
            {
                Retryable = true,
            };
        }
    }

    private static AuthenticationHeaderValue? Credentials(Uri url)
    {
        if (url.UserInfo.Length == 0)
            return null;
        string plain = Uri.UnescapeDataString(url.UserInfo);
        return new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(plain)));
    }
}
