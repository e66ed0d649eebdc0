using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.Json.Nodes;
using System.Threading;
using Xunit;

namespace OciRun.Tests.Integration;

/// <summary>One test: a tag of its own, a state root, bundles, and the leak check when it ends.</summary>
public abstract class ContainerTest : IDisposable
{
    static int _tests;
    static int _containers;
    readonly List<string> _live = [];
    readonly List<Command> _outside = [];
    readonly LeakCheck _leaks;
    int _bundles;

    protected ContainerTest()
    {
        Tag = $"it-{Environment.ProcessId}-{Interlocked.Increment(ref _tests)}-";
        Temp = Directory.CreateDirectory(Path.Combine(Path.GetTempPath(), "oci-run-" + Tag)).FullName;
        Root = Path.Combine(Temp, "state");
        Directory.CreateDirectory(Root);
        _leaks = new LeakCheck(Tag, Temp);
    }

    /// <summary>Part of every name that this test makes: container ids, directories, the environment of every process.</summary>
    internal string Tag { get; }
    /// <summary>Removed at the end.</summary>
    internal string Temp { get; }
    /// <summary>--root.</summary>
    internal string Root { get; }

    internal string NewId() => $"{Tag}{Interlocked.Increment(ref _containers)}";

    internal Bundle NewBundle(params string[] probeCommands)
    {
        var b = new Bundle(Directory.CreateDirectory(Path.Combine(Temp, $"bundle{++_bundles}")).FullName, Tag);
        return probeCommands.Length > 0 ? b.Args(probeCommands) : b;
    }

    internal string NewDirectory(string name) => Directory.CreateDirectory(Path.Combine(Temp, name)).FullName;

    internal Dictionary<string, string?> ChildEnvironment => new() { ["OCI_TEST"] = Tag };

    /// <summary>Runs the runtime with this test's --root.</summary>
    internal Result Oci(params string[] args) => OciWith(args);

    internal Result OciWith(string[] args, string? stdin = null, IReadOnlyDictionary<string, string?>? env = null,
        string? cwd = null,
        string? shell = null, string? redirect = null, double timeoutSeconds = 20) =>
        Command.Run(Host.Runtime, ["--root", Root, .. args], stdin, Merge(env), cwd, shell, redirect, timeoutSeconds);

    internal Command OciStart(string[] args, string? stdin = null, IReadOnlyDictionary<string, string?>? env = null,
        string? cwd = null,
        string? shell = null, string? redirect = null)
    {
        var c = Command.Start(Host.Runtime, ["--root", Root, .. args], stdin, Merge(env), cwd, shell, redirect);
        _outside.Add(c);
        return c;
    }

    /// <summary>A host program that this test may leave running; killed at the end, like a command of
    /// <see cref="OciStart"/>.</summary>
    internal Command StartOutside(string file, params string[] args)
    {
        var c = Command.Start(file, args, env: ChildEnvironment);
        _outside.Add(c);
        return c;
    }

    /// <summary>Runs a container in the foreground; it must succeed and exit with 0. Returns what the probe saw.</summary>
    internal Seen Run(Bundle bundle, params string[] options)
    {
        var r = RunRaw(bundle, options);
        Assert.True(r.Code == 0, r.ToString());
        return new Seen(r.Out);
    }

    /// <summary>Runs a container in the foreground, whatever comes of it.</summary>
    internal Result RunRaw(Bundle bundle, params string[] options)
    {
        bundle.Save();
        return Oci(["run", .. options, "--bundle", bundle.Dir, NewId()]);
    }

    /// <summary>Creates a container that the end of the test deletes.</summary>
    internal string Create(Bundle bundle, params string[] options)
    {
        bundle.Save();
        var id = NewId();
        Ok(Oci(["create", .. options, "--bundle", bundle.Dir, id]));
        _live.Add(id);
        return id;
    }

    internal Result CreateRaw(Bundle bundle, params string[] options)
    {
        bundle.Save();
        return Oci(["create", .. options, "--bundle", bundle.Dir, NewId()]);
    }

    /// <summary>Creates and starts a container whose default process sleeps.</summary>
    internal string Start(Bundle bundle, params string[] options)
    {
        var id = Create(bundle, options);
        Ok(Oci("start", id));
        return id;
    }

    /// <summary>A running container that sleeps.</summary>
    internal string StartSleeper(Action<Bundle>? edit = null)
    {
        var b = NewBundle("sleep", "60");
        edit?.Invoke(b);
        return Start(b);
    }

    /// <summary>Tells the end of the test to delete this container too.</summary>
    internal void WillDelete(string id) => _live.Add(id);

    internal JsonObject State(string id)
    {
        var r = Oci("state", id);
        Assert.True(r.Code == 0, r.ToString());
        return JsonNode.Parse(r.Out)!.AsObject();
    }

    internal string Status(string id) => (string)State(id)["status"]!;

    internal int Pid(string id) => (int)State(id)["pid"]!;

    internal void WaitStatus(string id, string status) =>
        Assert.True(Host.Eventually(() => Status(id) == status), $"{id} is {Status(id)}, not {status}");

    /// <summary>exec of the probe in a running container; must succeed.</summary>
    internal Seen Exec(string id, string[] options, params string[] commands)
    {
        var r = Oci(["exec", .. options, id, "/probe", .. commands]);
        Assert.True(r.Code == 0, r.ToString());
        return new Seen(r.Out);
    }

    internal static Result Ok(Result r)
    {
        Assert.True(r.Code == 0, r.ToString());
        return r;
    }

    /// <summary>The command failed with this code, and its stderr holds all the texts.</summary>
    internal static Result Fails(Result r, int code, params string[] texts)
    {
        Assert.True(r.Code == code, $"expected exit code {code}: {r}");
        foreach (var t in texts)
        {
            Assert.True(r.Err.Contains(t, StringComparison.Ordinal), $"stderr lacks \"{t}\": {r}");
        }
        return r;
    }

    /// <summary>create refuses the bundle with exit code 1, one line that names all the texts, and leaves nothing (the leak check
    /// sees to that).</summary>
    internal Result Refused(Bundle bundle, params string[] texts)
    {
        var r = Fails(CreateRaw(bundle), 1, texts);
        Assert.DoesNotContain("   at ", r.Err, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", r.Err, StringComparison.Ordinal);
        AssertNothingLeft();
        return r;
    }

    /// <summary>No state, cgroup, mount or process with this test's tag; call it where everything should be gone
    /// already.</summary>
    internal void AssertNothingLeft() => _leaks.Verify(Root);

    Dictionary<string, string?> Merge(IReadOnlyDictionary<string, string?>? env)
    {
        var all = ChildEnvironment;
        foreach (var (k, v) in env ?? new Dictionary<string, string?>())
        {
            all[k] = v;
        }
        return all;
    }

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
        string? failure = null;
        foreach (var id in Enumerable.Reverse(_live))
        {
            var r = Oci("delete", "--force", id);
            failure ??= r.Code == 0 ? null : r.ToString();
        }
        _outside.ForEach(c => c.Dispose());
        try
        {
            Assert.True(failure == null, failure);
            _leaks.Verify(Root);
        }
        finally
        {
            _leaks.Sweep();
            Directory.Delete(Temp, recursive: true);
        }
    }
}
