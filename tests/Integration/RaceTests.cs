using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Text.Json.Nodes;
using System.Threading.Tasks;
using Xunit;

namespace OciRun.Tests.Integration;

/// <summary>A container that shares another's rootfs renames in it while the other is made. Whatever comes of that, what the plan
/// closes off is closed off, or nothing starts. HOSTILE_ROUNDS sets the number of rounds.</summary>
public sealed class RaceTests : ContainerTest
{
    static readonly int Rounds =
        int.Parse(Environment.GetEnvironmentVariable("HOSTILE_ROUNDS") ?? "120", CultureInfo.InvariantCulture);

    /// <summary>A container whose rootfs has a second directory, and another that exchanges the two in it for ever.</summary>
    Bundle Raced(string path, string spare, Action<Bundle>? edit = null)
    {
        var b = NewBundle("bare-proc", "3", path, spare);
        b.Linux["maskedPaths"] = Bundle.Strings("/proc/keys", "/proc/kcore");
        b.Linux["readonlyPaths"] = Bundle.Strings("/proc/sys");
        Directory.CreateDirectory(b.InRootfs(path));
        Directory.CreateDirectory(b.InRootfs(spare));
        edit?.Invoke(b);
        var racer = NewBundle("exchange", "/work" + path, "/work" + spare).Mount("/work", "bind", b.Rootfs, "rbind", "rw");
        Start(racer);
        return b;
    }

    /// <summary>Runs the container again and again. Returns how often it started.</summary>
    int Rerun(Bundle b, params string[] options)
    {
        b.Save();
        int started = 0;
        var messages = new HashSet<string>();
        for (int i = 0; i < Rounds; i++)
        {
            var r = Oci(["run", .. options, "--bundle", b.Dir, NewId()]);
            if (r.Code == 0)
            {
                started++;
                Assert.True(new Seen(r.Out)["attack.bare"] == "0", $"round {i}: {r}");
            }
            else
            {
                Assert.True(r.Code == 1 && r.Err.Contains("oci-run: error: ", StringComparison.Ordinal), r.ToString());
                messages.Add(r.Err);
            }
        }
        Assert.True(started > 0, string.Join('\n', messages));
        return started;
    }

    [Theory]
    [InlineData("")]
    [InlineData("with a fake")]
    [InlineData("with a hook")]
    public void Masks_stay_on_proc_when_it_is_exchanged(string how)
    {
        var b = Raced("/proc", "/spare", b =>
        {
            if (how == "with a fake")
            {
                Directory.CreateDirectory(b.InRootfs("/spare/sys/kernel"));
                File.WriteAllText(b.InRootfs("/spare/sys/kernel/core_pattern"), "");
                File.WriteAllText(b.InRootfs("/spare/keys"), "");
            }
            if (how == "with a hook")
            {
                b.Hook("createRuntime", "/bin/true");
            }
        });
        Rerun(b);
    }
}
