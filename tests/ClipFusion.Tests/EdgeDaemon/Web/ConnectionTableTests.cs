using System.Net;
using ClipFusion.EdgeDaemon.Web.Limits;
using Microsoft.Extensions.Time.Testing;

namespace ClipFusion.Tests.EdgeDaemon.Web;

/// <summary>Which connection goes when there are too many.</summary>
public sealed class ConnectionTableTests
{
    private static readonly IPAddress One = IPAddress.Parse("127.0.0.1"),
        Two = IPAddress.Parse("127.0.0.2");
    private readonly FakeTimeProvider _time = new();
    private readonly ConnectionTable _table;
    private readonly List<ClientConnection> _all = [];

    public ConnectionTableTests() => _table = new ConnectionTable(_time);

    [Fact]
    public void Add_Full_ClosesTheOneThatIsIdleForLongest()
    {
        for (int i = 0; i < ConnectionTable.Maximum; i++)
            Assert.Null(Add(One));
        _all[0].Begin();
        _all[1].Begin();
        _time.Advance(TimeSpan.FromSeconds(1));
        _all[1].End();
        Assert.Same(_all[2], Add(One));
        Assert.Equal(ConnectionTable.Maximum, _table.Count);
    }

    [Fact]
    public void Add_FullOfRequests_ClosesOneOfThemButNoneThatIsKept()
    {
        for (int i = 0; i < ConnectionTable.Maximum; i++)
        {
            Assert.Null(Add(One));
            _all[i].Begin();
            if (i < 16)
                _all[i].Keep();
        }

        Assert.Same(_all[16], Add(One));
    }

    [Fact]
    public void Add_OneAddressHasMost_IsTheOneThatLosesAConnection()
    {
        for (int i = 0; i < 10; i++)
            Add(Two);
        for (int i = 10; i < ConnectionTable.Maximum; i++)
            Add(One);
        Assert.Same(_all[10], Add(Two));
    }

    [Fact]
    public void Add_AllKept_RefusesTheNewOne()
    {
        for (int i = 0; i < ConnectionTable.Maximum; i++)
        {
            Add(One);
            _all[i].Keep();
        }

        Assert.Same(Add(One), _all[^1]);
    }

    private ClientConnection? Add(IPAddress address)
    {
        _time.Advance(TimeSpan.FromMilliseconds(1));
        var own = new ClientConnection(address, () => { }, _time);
        _all.Add(own);
        return _table.Add(own);
    }
}
