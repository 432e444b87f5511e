using OpenCvSharp;

namespace ClipFusion.Imaging;

/// <summary>Answers, before the first picture, whether OpenCV's native library can be used.</summary>
public static class ImagingNative
{
    private static readonly Lazy<Exception?> Failure = new(() => Try(() => Cv2.GetVersionString()));

    /// <summary>Returns if OpenCV works; cheap after the first call.</summary>
    /// <exception cref="DllNotFoundException">It does not: the message says what is missing and where it comes from.</exception>
    public static void EnsureLoaded()
    {
        if (Failure.Value is { } failure)
            throw new DllNotFoundException(Describe(failure), failure);
    }

    /// <summary>Runs the first native call and returns what it threw, or null.</summary>
    internal static Exception? Try(Action firstCall)
    {
        try
        {
            firstCall();
            return null;
        }
        catch (Exception e)
            when (e
                    is TypeInitializationException
                        or DllNotFoundException
                        or BadImageFormatException
                        or EntryPointNotFoundException
                        or OpenCvSharpException
            )
        {
            return e;
        }
    }

    /// <summary>The message for an operator: cause first, then the cure.</summary>
    internal static string Describe(Exception failure)
    {
        Exception root = failure;
        while (root.InnerException is { } inner)
            root = inner;
        return "OpenCV's native library libOpenCvSharpExtern.so can't be loaded, so pictures can't be decoded or converted: "
            + $"{root.Message.Trim()} "
            + "On x64 the package OpenCvSharp4.official.runtime.linux-x64 brings the library, except Debian's libgtk-3-0 (apt-get "
            + "install libgtk-3-0); "
            + "on arm64 (Jetson) no package has it: build OpenCvSharpExtern against the board's OpenCV and put it beside the program "
            + "or on the loader's path.";
    }
}
