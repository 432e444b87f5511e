using System.Runtime.ExceptionServices;

namespace ClipFusion.Evaluation;

/// <summary>Independent pieces of work on several threads, whose outcome is that of one after the other.</summary>
internal static class InOrder
{
    /// <summary>Calls <paramref name="work"/> for every number from 0 on. Of several that fail the error of the lowest is thrown, which is
    /// the one that a plain loop would have met.</summary>
    /// <param name="count">How many.</param>
    /// <param name="threads">Threads at most, at least 1; with 1 it is a plain loop.</param>
    /// <param name="work">Safe for several threads.</param>
    public static void For(int count, int threads, Action<int> work) =>
        For<object?>(count, threads, () => null, (i, _) => work(i), static _ => { });

    /// <summary>As the other, each thread with something of its own.</summary>
    /// <param name="count">How many.</param>
    /// <param name="threads">Threads at most, at least 1.</param>
    /// <param name="begin">Makes what a thread has of its own.</param>
    /// <param name="work">Safe for several threads.</param>
    /// <param name="end">Takes it back; one at a time.</param>
    public static void For<T>(int count, int threads, Func<T> begin, Action<int, T> work, Action<T> end)
    {
        if (threads == 1)
        {
            T own = begin();
            for (int i = 0; i < count; i++)
                work(i, own);
            end(own);
            return;
        }

        Lock gate = new();
        (int Index, ExceptionDispatchInfo Error)? first = null;
        Parallel.For(
            0,
            count,
            new ParallelOptions { MaxDegreeOfParallelism = threads },
            begin,
            (i, state, own) =>
            {
                try
                {
                    work(i, own);
                }
                catch (Exception e)
                {
                    lock (gate)
                    {
                        if (first is null || i < first.Value.Index)
                            first = (i, ExceptionDispatchInfo.Capture(e));
                    }

                    // All below i are still done, and only those.
                    state.Break();
                }

                return own;
            },
            own =>
            {
                lock (gate)
                    end(own);
            }
        );
        first?.Error.Throw();
    }
}
