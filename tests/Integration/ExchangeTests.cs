using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using Xunit;

namespace OciRun.Tests.Integration;

/// <summary>A directory of the rootfs changes places with a link that leads out of it, all the time while containers are made:
/// nothing outside is read, made, changed or mounted on, whatever the path is for. HOSTILE_ROUNDS sets the number of rounds,
/// which `make test-hostile` does.</summary>
public sealed class ExchangeTests : ContainerTest
{
    static readonly int Rounds =
        int.Parse(Environment.GetEnvironmentVariable("HOSTILE_ROUNDS") ?? "30", CultureInfo.InvariantCulture);

    [Theory]
    [InlineData("/dev", false)]
    [InlineData("/dev", true)]
    [InlineData("/sys", false)]
    [InlineData("/data", false)]
    [InlineData("/data", true)]
    [InlineData("/a/b/c", true)]
    [InlineData("/missing", true)]
    [InlineData("/file", false)]
    [InlineData("/tree", true)]
    [InlineData("/masked", true)]
    [InlineData("/readonly", true)]
    [InlineData("/cwd", true)]
    [InlineData("/device", true)]
    [InlineData("/etc", true)]
    [InlineData("/copy", true)]
    public void Nothing_outside_is_touched(string path, bool relative)
    {
        string outside = NewDirectory("outside");
        Directory.CreateDirectory(Path.Combine(outside, "deep"));
        File.WriteAllText(Path.Combine(outside, "canary"), "of the host");
        File.WriteAllText(Path.Combine(outside, "passwd"), "root:x:0:0:of the host:/of-the-host:/bin/sh\n");
        string before = Describe(outside);
        var b = NewBundle("report", "--", "stat", path + "/canary", "--", "write", path + "/new", "x");
        Directory.CreateDirectory(b.InRootfs(path));
        Prepare(b, path);
        string link = b.InRootfs("/spare");
        File.CreateSymbolicLink(link, relative ? string.Concat(Enumerable.Repeat("../", 40)) + outside[1..] : outside);
        b.Save();
        StartOutside(Host.Probe, "exchange", b.InRootfs(path), link);
        int started = 0;
        string last = "";
        for (int i = 0; i < Rounds; i++)
        {
            Result r = Oci("run", "--bundle", b.Dir, NewId());
            last = r.ToString();
            Assert.True(r.Code == 0 || r.Err.Contains("oci-run: error: ", StringComparison.Ordinal), last);
            if (r.Code == 0)
            {
                started++;
                var seen = new Seen(r.Out);
                Assert.False(seen.Has($"stat:{path}/canary") && !seen[$"stat:{path}/canary"].StartsWith('E'), last);
                Assert.DoesNotContain("HOME=/of-the-host", seen.Environment);
            }
            Assert.Equal(before, Describe(outside));
        }
        Assert.True(started > 0, last);
    }

    /// <summary>What the config does at the path.</summary>
    void Prepare(Bundle b, string path)
    {
        string source = NewDirectory("source");
        File.WriteAllText(Path.Combine(source, "inside"), "text");
        switch (path)
        {
            case "/data" or "/a/b/c":
                b.Mount(path + "/here", "bind", source, "bind", "rw");
                break;
            case "/missing":
                b.Mount("/missing/one/two", "tmpfs", "tmpfs", "size=64k");
                break;
            case "/file":
                b.Mount("/file/deep/inside", "bind", Path.Combine(source, "inside"), "bind", "rw");
                break;
            case "/tree":
                b.Mount(path, "bind", source, "rbind", "rw", "rshared");
                break;
            case "/masked":
                b.Linux["maskedPaths"] = Bundle.Strings("/masked/deep", "/masked/canary");
                break;
            case "/readonly":
                b.Linux["readonlyPaths"] = Bundle.Strings("/readonly/deep", "/readonly/canary");
                break;
            case "/cwd":
                b.Process["cwd"] = "/cwd/new/place";
                break;
            case "/device":
                b.Linux["devices"] = new System.Text.Json.Nodes.JsonArray(new System.Text.Json.Nodes.JsonObject
                {
                    ["path"] = "/device/deep/null",
                    ["type"] = "c",
                    ["major"] = 1,
                    ["minor"] = 3,
                });
                break;
            case "/etc":
                // HOME comes from the image's passwd.
                File.WriteAllText(b.InRootfs("/etc/passwd"), "root:x:0:0:of the image:/of-the-image:/bin/sh\n");
                break;
            case "/copy":
                File.WriteAllText(b.InRootfs("/copy/inside"), "text");
                b.Mount(path, "tmpfs", "tmpfs", "tmpcopyup");
                break;
        }
    }

    /// <summary>All that is below a directory, and what is mounted there.</summary>
    static string Describe(string directory)
    {
        var lines = new List<string>();
        foreach (string path in Directory.GetFileSystemEntries(directory, "*", SearchOption.AllDirectories).Append(directory)
            .Order(StringComparer.Ordinal))
        {
            var mode = File.GetUnixFileMode(path);
            string content = Directory.Exists(path) ? "" : File.ReadAllText(path);
            lines.Add(string.Create(CultureInfo.InvariantCulture, $"{path} {mode} {File.GetLastWriteTimeUtc(path).Ticks} " +
                $"{content}"));
        }
        lines.AddRange(File.ReadLines("/proc/self/mountinfo").Where(l => l.Contains(directory, StringComparison.Ordinal)));
        return string.Join('\n', lines);
    }
}
