using System.Buffers.Binary;
using System.Runtime.InteropServices;
using ClipFusion.Foundation;
using Microsoft.Win32.SafeHandles;

namespace ClipFusion.Camera.Folder;

/// <summary>What a notifier has to say; called on its own thread.</summary>
/// <param name="Arrived">This file was closed after writing or renamed into the folder. Names are as <see cref="NativeName"/> makes
/// them.</param>
/// <param name="Overflowed">The kernel lost some arrivals: list the folder.</param>
/// <param name="Gone">The folder was removed, renamed or unmounted, or can't be watched any more. Nothing comes after this.</param>
internal sealed record FolderEvents(Action<string> Arrived, Action Overflowed, Action<string> Gone);

/// <summary>Watches one folder with inotify on a thread of its own until the folder goes or the notifier is disposed.</summary>
internal sealed class FolderNotifier : IDisposable
{
    private const int HeaderLength = 16;
    private const int Interrupted = 4;

    /// <summary>More files than anybody writes at once; beyond it is forgotten who does.</summary>
    private const int MostWriters = 4096;

    /// <summary>Milliseconds that a writer may pause; a file that was changed without being opened is never closed.</summary>
    private const long LongestPause = 60_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, long> _writing = new(StringComparer.Ordinal);
    private readonly SafeFileHandle _notify;
    private readonly int _watch;
    private readonly FolderEvents _events;
    private volatile bool _isDisposed;

    /// <exception cref="IOException">The folder can't be watched; the message says why.</exception>
    public FolderNotifier(string path, FolderEvents events)
    {
        _events = events;
        _notify = Libc.NotifyInit(Libc.CloseOnExec);
        if (_notify.IsInvalid)
            throw Failure(path, "inotify has no free instance; raise fs.inotify.max_user_instances");
        _watch = Libc.NotifyAdd(
            _notify,
            path,
            Libc.InModify
                | Libc.InCloseWrite
                | Libc.InMovedFrom
                | Libc.InMovedTo
                | Libc.InDelete
                | Libc.InDeleteSelf
                | Libc.InMoveSelf
                | Libc.InOnlyDirectory
        );
        if (_watch < 0)
        {
            IOException failure = Failure(path, "the folder can't be watched");
            _notify.Dispose();
            throw failure;
        }
        new Thread(Listen) { IsBackground = true, Name = $"folder {path}" }.Start();
    }

    /// <summary>Whether the file was written to lately and not closed since: its writer will be heard of.</summary>
    public bool IsBeingWritten(string name)
    {
        lock (_gate)
            return _writing.TryGetValue(name, out long last) && Environment.TickCount64 - last < LongestPause;
    }

    /// <summary>Stops. Removing the watch makes the kernel send a last event, which ends the thread.</summary>
    public void Dispose()
    {
        _isDisposed = true;
        try
        {
            _ = Libc.NotifyRemove(_notify, _watch);
        }
        catch (ObjectDisposedException)
        {
            // The folder has gone and the thread with it.
        }
    }

    private void Listen()
    {
        var buffer = new byte[64 << 10];
        try
        {
            while (true)
            {
                nint length = Libc.Read(_notify, buffer, buffer.Length);
                if (length < 0 && Marshal.GetLastPInvokeError() == Interrupted)
                    continue;
                if (length <= 0)
                {
                    End("inotify gave an error");
                    return;
                }
                if (!Dispatch(buffer.AsSpan(0, (int)length)))
                    return;
            }
        }
        finally
        {
            _notify.Dispose();
        }
    }

    /// <summary>Works through records of watch, mask, cookie, name length (four bytes each) and a name padded with zeros. False when it was
    /// the last.</summary>
    private bool Dispatch(ReadOnlySpan<byte> records)
    {
        while (records.Length >= HeaderLength)
        {
            uint mask = BinaryPrimitives.ReadUInt32LittleEndian(records[4..]);
            int nameLength = (int)BinaryPrimitives.ReadUInt32LittleEndian(records[12..]);
            ReadOnlySpan<byte> name = records.Slice(HeaderLength, nameLength).TrimEnd((byte)0);
            records = records[(HeaderLength + nameLength)..];
            if (_isDisposed)
                return false;
            if ((mask & Libc.InQueueOverflow) != 0)
                Overflowed();
            else if ((mask & (Libc.InDeleteSelf | Libc.InMoveSelf | Libc.InUnmount | Libc.InIgnored)) != 0)
            {
                End(
                    (mask & Libc.InMoveSelf) != 0 ? "the folder was renamed"
                    : (mask & Libc.InUnmount) != 0 ? "the folder was unmounted"
                    : "the folder was removed"
                );
                return false;
            }
            else if ((mask & Libc.InIsDirectory) == 0 && !name.IsEmpty)
                Note(NativeName.FromBytes(name), mask);
        }
        return true;
    }

    private void Note(string name, uint mask)
    {
        lock (_gate)
        {
            if ((mask & Libc.InModify) == 0)
                _writing.Remove(name);
            else if (_writing.Count < MostWriters || _writing.ContainsKey(name))
                _writing[name] = Environment.TickCount64;
        }

        if ((mask & (Libc.InCloseWrite | Libc.InMovedTo)) != 0)
            _events.Arrived(name);
    }

    private void Overflowed()
    {
        // Who has closed meanwhile is not known: files are told by their times until they are written to again.
        lock (_gate)
            _writing.Clear();
        _events.Overflowed();
    }

    private void End(string reason)
    {
        if (!_isDisposed)
            _events.Gone(reason);
    }

    private static IOException Failure(string path, string what) =>
        new($"{path}: {what} ({Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())})");
}
