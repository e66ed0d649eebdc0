using System;
using System.IO;
using Xunit;

namespace OciRun.Tests.Plans;

/// <summary>A golden file. With UPDATE_SNAPSHOTS=1 in the environment it is written, not compared.</summary>
static class Snapshot
{
    public static bool Updating { get; } = Environment.GetEnvironmentVariable("UPDATE_SNAPSHOTS") == "1";

    public static void Check(string path, string actual)
    {
        if (Updating)
        {
            File.WriteAllText(path, actual);
            return;
        }
        string expected = File.ReadAllText(path);
        if (expected == actual)
        {
            return;
        }
        string[] was = expected.Split('\n');
        string[] isNow = actual.Split('\n');
        int line = 0;
        while (line < was.Length && line < isNow.Length && was[line] == isNow[line])
        {
            line++;
        }
        Assert.Fail($"{path}:{line + 1} differs\n  expected: {At(was, line)}\n  actual:   {At(isNow, line)}\n" +
            $"\"make update-snapshots\" accepts the change. All of the actual text:\n{actual}");
    }

    static string At(string[] lines, int index) => index < lines.Length ? lines[index] : "(end of file)";
}
