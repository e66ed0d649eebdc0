using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json.Nodes;
using Xunit;

namespace OciRun.Tests.Integration;

/// <summary>What --timings writes.</summary>
public sealed class TimingsTests : ContainerTest
{
    string TracePath => Path.Combine(Temp, "trace.json");

    /// <summary>The spans of a track, "runtime" or "init", in order of their begin.</summary>
    List<JsonObject> Spans(string track)
    {
        var events = JsonNode.Parse(File.ReadAllText(TracePath))!["traceEvents"]!.AsArray().Select(e => e!.AsObject()).ToList();
        var thread = (int)events.Single(e => (string?)e["ph"] == "M" && (string?)e["args"]!["name"] == track)["tid"]!;
        return [.. events.Where(e => (string?)e["ph"] == "X" && (int)e["tid"]! == thread).OrderBy(e => (double)e["ts"]!)];
    }

    static double End(JsonObject span) => (double)span["ts"]! + (double)span["dur"]!;

    [Fact]
    public void Trace_has_each_step_of_init_in_order_and_with_its_config_path()
    {
        var b = NewBundle("exit", "0");
        b.Save();
        var r = Oci("--timings", TracePath, "run", "--bundle", b.Dir, NewId());
        Assert.True(r.Code == 0, r.ToString());
        var init = Spans("init");
        // Where others can rename in the rootfs, mounts are looked at once more when all is made.
        var paths = init.Where(s => !((string)s["name"]!).StartsWith("make sure that the mount", StringComparison.Ordinal))
            .Select(s => (string?)s["args"]?["configPath"] ?? "").Where(p => p.Length > 0).ToList();
        Assert.Equal(Enumerable.Range(0, b.Config["mounts"]!.AsArray().Count).Select(i => $"mounts[{i}]"),
            paths.Where(p => p.StartsWith("mounts[", StringComparison.Ordinal)));
        Assert.Contains("root.path", paths);
        // One after the other, without a gap: where one ends the next begins.
        for (var i = 1; i < init.Count; i++)
        {
            Assert.InRange((double)init[i]["ts"]!, End(init[i - 1]) - 0.01, End(init[i - 1]) + 0.01);
        }
        Assert.All(init, s => Assert.True((double)s["dur"]! >= 0));
    }

    [Fact]
    public void Runtimes_spans_cover_the_command()
    {
        var b = NewBundle("sleep", "0.3");
        b.Save();
        var r = Oci("--timings=" + TracePath, "run", "--bundle", b.Dir, NewId());
        Assert.True(r.Code == 0, r.ToString());
        var spans = Spans("runtime");
        var names = spans.Select(s => (string)s["name"]!).ToList();
        Assert.Contains("read config.json", names);
        Assert.Contains("remove the state directory", names);
        var wait = spans.Single(s => (string)s["name"]! == "wait for the payload");
        Assert.InRange((double)wait["dur"]!, 200_000, 5_000_000);
        // Init's work lies between the clone and the payload's start, on the same clock.
        var init = Spans("init");
        Assert.True((double)init[0]["ts"]! >= (double)spans.Single(s => ((string)s["name"]!).StartsWith("clone the init process",
            StringComparison.Ordinal))["ts"]!);
        Assert.True(End(init[^1]) <= (double)wait["ts"]!);
    }

    [Fact]
    public void Failed_command_leaves_the_trace_of_what_it_did()
    {
        var b = NewBundle("exit", "0");
        b.Config["mounts"]!.AsArray()
            .Add(new JsonObject { ["destination"] = "/proc/self/nothing", ["type"] = "tmpfs", ["source"] = "tmpfs" });
        b.Save();
        Fails(Oci("--timings", TracePath, "run", "--bundle", b.Dir, NewId()), 1, "mounts[");
        Assert.Contains(Spans("init"), s => (string?)s["args"]?["configPath"] == "mounts[0]");
    }

    [Fact]
    public void Exec_is_traced_too()
    {
        var id = StartSleeper();
        var r = Oci("--timings", TracePath, "exec", id, "/probe", "exit", "0");
        Assert.True(r.Code == 0, r.ToString());
        Assert.NotEmpty(Spans("init"));
        Assert.Contains(Spans("runtime"), s => (string)s["name"]! == "wait for the payload");
    }

    [Fact]
    public void File_that_cannot_be_written_is_an_error_before_anything_happens()
    {
        var b = NewBundle("exit", "0");
        b.Save();
        Fails(Oci("--timings", Path.Combine(Temp, "no", "trace.json"), "create", "--bundle", b.Dir, NewId()), 1,
            "--timings: open(");
        Assert.Empty(Directory.EnumerateFileSystemEntries(Root));
    }
}
