namespace ClipFusion.Camera;

/// <summary>Names one file among all that ever lay in a folder: another file under the same name has another stamp.</summary>
/// <param name="Name">Its name without folder; bytes that are no UTF-8 are shown as <c>%E9</c>.</param>
/// <param name="Length">Bytes.</param>
/// <param name="ModifiedAt">Time of its last change as its file system keeps it, UTC.</param>
/// <param name="Inode">Its number in its file system.</param>
public sealed record FileStamp(string Name, long Length, DateTimeOffset ModifiedAt, ulong Inode);
