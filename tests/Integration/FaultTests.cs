using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.Json.Nodes;
using Xunit;

namespace OciRun.Tests.Integration;

/// <summary>Every system call of a command fails, or is its last: what is left is never more than delete --force removes, nobody
/// else is harmed, and an error is said.</summary>
public sealed class FaultTests : ContainerTest
{
    const int EIO = 5;
    const int EAGAIN = 11;
    const int EMFILE = 24;
    const int EPERM = 1;
    const int Openat2 = 437;
    const int Accept4 = 288;
    const int Openat = 257;
    const int Bpf = 321;
    const int ExitGroup = 231;

    /// <summary>Whoever dies at whatever moment: delete --force removes the container, and the one beside it lives.</summary>
    [Theory]
    [InlineData("start", "runtime")]
    [InlineData("run", "runtime")]
    [InlineData("run", "child")]
    [InlineData("kill", "runtime")]
    [InlineData("update", "runtime")]
    [InlineData("pause", "runtime")]
    [InlineData("resume", "runtime")]
    [InlineData("delete", "runtime")]
    [InlineData("delete --force", "runtime")]
    public void Killed_command_leaves_nothing_behind_delete(string command, string role)
    {
        string bundle = command == "run" ? NewBundle("exit", "0").Save().Dir : Sleeper();
        string neighbour = Running(Sleeper());
        string resources = Path.Combine(Temp, "resources");
        File.WriteAllText(resources, """{"pids":{"limit":100}}""");
        string[] Words(string id) => command switch
        {
            "run" => ["run", "--bundle", bundle, id],
            "update" => ["update", "--resources", resources, id],
            "kill" => ["kill", id, "KILL"],
            "delete --force" => ["delete", "--force", id],
            _ => [command, id],
        };
        string listed = NewId();
        Prepare(command, bundle, listed);
        List<(int Index, int Number)> calls = Calls(role, Words(listed), listed, mayFail: true);
        Ok(Oci("delete", "--force", listed));
        Assert.True(calls.Count > 10, $"{calls.Count} calls");
        foreach ((int call, int number) in calls)
        {
            string id = NewId();
            Prepare(command, bundle, id);
            Inject(role, "kill", call, Words(id));
            Ok(Oci("delete", "--force", id));
            AssertGone(id, $"{role} call {call} ({number})");
            Assert.Equal("running", Status(neighbour));
        }
        Ok(Oci("delete", "--force", neighbour));
        AssertNothingLeft();
    }

    /// <summary>The same of a user who is not root, in a user namespace of his own and without a cgroup.</summary>
    [Theory]
    [InlineData("create", "runtime")]
    [InlineData("create", "child")]
    [InlineData("delete --force", "runtime")]
    public void Killed_command_of_an_ordinary_user_leaves_nothing(string command, string role)
    {
        string root = NewDirectory("users-state");
        string log = Path.Combine(NewDirectory("users-log"), "calls");
        Host.Chown(root, User, User);
        Host.Chmod(root, 0x1C0 /* 0700 */);
        Host.Chown(Path.GetDirectoryName(log)!, User, User);
        Host.Chmod(Temp, 0x1ED /* 0755 */);
        Bundle b = NewBundle("sleep", "60");
        b.Namespaces.Add(new JsonObject { ["type"] = "user" });
        foreach (string map in (string[])["uidMappings", "gidMappings"])
        {
            b.Linux[map] = new JsonArray(new JsonObject { ["containerID"] = 0, ["hostID"] = (int)User, ["size"] = 1 });
        }
        // Its group, tty, is not mapped.
        b.WithoutMount("/dev/pts");
        b.Linux.Remove("resources");
        b.Linux.Remove("cgroupsPath");
        b.OwnedBy(User, User);
        string bundle = b.Save().Dir;
        string[] Words(string id) => command == "create" ? ["create", "--bundle", bundle, id] : ["delete", "--force", id];
        Result Do(params string[] words) => AsUser([Host.Runtime, "--root", root, .. words]);
        Result Inject(string what, int call, string id) =>
            AsUser([Host.Inject, role, what, call.ToString(CultureInfo.InvariantCulture), log, Host.Runtime, "--root", root,
                .. Words(id)]);
        void Prepare(string id)
        {
            if (command != "create")
            {
                Ok(Do("create", "--bundle", bundle, id));
            }
        }
        string listed = NewId();
        Prepare(listed);
        Ok(Inject("list", 0, listed));
        List<(int Index, int Number)> calls = Listed(role, log);
        Ok(Do("delete", "--force", listed));
        foreach ((int call, int number) in calls)
        {
            string id = NewId();
            Prepare(id);
            Inject("kill", call, id);
            Ok(Do("delete", "--force", id));
            Assert.False(Directory.Exists(Path.Combine(root, id)), $"state is left after {role} call {call} ({number})");
        }
        AssertNothingLeft();
    }

    const uint User = 65534;

    Result AsUser(string[] words) => Command.Run("/usr/bin/setpriv",
        ["--reuid", "65534", "--regid", "65534", "--clear-groups", .. words], env: ChildEnvironment);

    /// <summary>What a command finds that is killed: nothing before run, else a container that it suits.</summary>
    void Prepare(string command, string bundle, string id)
    {
        if (command == "run")
        {
            return;
        }
        Ok(Oci("create", "--bundle", bundle, id));
        if (command != "start")
        {
            Ok(Oci("start", id));
        }
        if (command == "resume")
        {
            Ok(Oci("pause", id));
        }
        if (command == "delete")
        {
            Ok(Oci("kill", id, "KILL"));
            WaitStatus(id, "stopped");
        }
    }

    [Theory]
    [InlineData("runtime")]
    [InlineData("child")]
    public void Killed_create_leaves_nothing_behind_delete(string role)
    {
        string bundle = Sleeper();
        foreach ((int call, _) in Calls(role, ["create", "--bundle", bundle]))
        {
            string id = NewId();
            Inject(role, "kill", call, ["create", "--bundle", bundle, id]);
            Ok(Oci("delete", "--force", id));
            AssertGone(id, $"{role} call {call}");
        }
        AssertNothingLeft();
    }

    [Theory]
    [InlineData("runtime")]
    [InlineData("child")]
    public void Killed_exec_leaves_nothing_behind_delete(string role)
    {
        string bundle = Sleeper();
        string id = Running(bundle);
        foreach ((int call, _) in Calls(role, ["exec", id, "/probe", "exit", "0"]))
        {
            Inject(role, "kill", call, ["exec", id, "/probe", "exit", "0"]);
        }
        Ok(Oci("exec", id, "/probe", "exit", "0"));
        Ok(Oci("delete", "--force", id));
        AssertNothingLeft();
    }

    [Theory]
    [InlineData("runtime")]
    [InlineData("child")]
    public void Failing_calls_of_create_are_told_and_undone(string role)
    {
        string bundle = Sleeper();
        foreach ((int call, int number) in Calls(role, ["create", "--bundle", bundle]))
        {
            string id = NewId();
            Result r = Inject(role, EIO.ToString(CultureInfo.InvariantCulture), call, ["create", "--bundle", bundle, id]);
            if (MetAnother(number))
            {
                Ok(Oci("delete", "--force", id));
                continue;
            }
            string what = $"{role} call {call} ({number}): {r}";
            Assert.True(r.Code is 0 or 1, what);
            if (r.Code == 1)
            {
                Assert.True(r.Err.Contains("oci-run: error: create", StringComparison.Ordinal), what);
                AssertGone(id, what);
                continue;
            }
            Result start = Oci("start", id);
            // Only this call comes after create has ended: whoever starts hears of it.
            bool isLast = number == Accept4 && (start.Err.Contains("exited before it was started", StringComparison.Ordinal)
                || start.Err.Contains("cannot start a container that has stopped", StringComparison.Ordinal));
            Assert.True(start.Code == (isLast ? 1 : 0), $"{what}\n{start}");
            Ok(Oci("delete", "--force", id));
        }
        AssertNothingLeft();
    }

    [Theory]
    [InlineData("delete", "--force")]
    [InlineData("kill", "KILL")]
    [InlineData("start", null)]
    public void Failing_calls_never_lose_a_container(string command, string? option)
    {
        string bundle = Sleeper();
        bool starts = command == "start";
        string[] Words(string id) => option is null ? [command, id] : command == "kill" ? [command, id, option]
            : [command, option, id];
        string first = Running(bundle, starts);
        foreach ((int call, int number) in Calls("runtime", Words(first), first))
        {
            string id = NewId();
            Ok(Oci("create", "--bundle", bundle, id));
            if (!starts)
            {
                Ok(Oci("start", id));
            }
            Result r = Inject("runtime", EMFILE.ToString(CultureInfo.InvariantCulture), call, Words(id));
            if (MetAnother(number))
            {
                Ok(Oci("delete", "--force", id));
                continue;
            }
            string what = $"call {call} ({number}): {r}";
            Assert.True(r.Code is 0 or 1, what);
            if (command == "delete" && r.Code == 0)
            {
                AssertGone(id, what);
            }
            else if (starts && r.Code == 0)
            {
                Assert.True(Status(id) == "running", what);
            }
            Ok(Oci("delete", "--force", id));
            AssertGone(id, what);
        }
        Oci("delete", "--force", first);
        AssertNothingLeft();
    }

    [Fact]
    public void Device_rules_that_cannot_be_enforced_are_an_error_to_root()
    {
        string bundle = Sleeper();
        for (int i = 0; i < 20; i++)
        {
            (int call, _) = Calls("runtime", ["create", "--bundle", bundle]).First(c => c.Number == Bpf);
            string id = NewId();
            Result r = Inject("runtime", EPERM.ToString(CultureInfo.InvariantCulture), call, ["create", "--bundle", bundle, id]);
            if (!MetAnother(Bpf))
            {
                Fails(r, 1, "linux.resources.devices", "EPERM");
                AssertGone(id, r.ToString());
                return;
            }
            Ok(Oci("delete", "--force", id));
        }
        Assert.Fail("the call was never met");
    }

    [Theory]
    [InlineData("pipe")]
    [InlineData("directory")]
    [InlineData("link")]
    public void State_that_is_no_file_keeps_no_command_waiting(string kind)
    {
        string id = NewId();
        string directory = Directory.CreateDirectory(Path.Combine(Root, id)).FullName;
        string state = Path.Combine(directory, "state.json");
        if (kind == "pipe")
        {
            Host.MakeFifo(state);
        }
        else if (kind == "directory")
        {
            Directory.CreateDirectory(state);
        }
        else
        {
            File.CreateSymbolicLink(state, "/etc/passwd");
        }
        Fails(OciWith(["state", id], timeoutSeconds: 5), 1, "state.json");
        Ok(OciWith(["list"], timeoutSeconds: 5));
        Ok(OciWith(["delete", "--force", id], timeoutSeconds: 5));
        AssertGone(id, kind);
    }

    /// <summary>openat2(2): a lookup with RESOLVE_IN_ROOT that meets a rename or a mount anywhere answers EAGAIN, and is to be
    /// tried again.</summary>
    [Theory]
    [InlineData("runtime")]
    [InlineData("child")]
    public void A_lookup_that_lost_a_race_is_tried_again(string role)
    {
        string bundle = Sleeper();
        int met = 0;
        List<(int Index, int Number)> lookups = Calls(role, ["create", "--bundle", bundle]);
        foreach ((int call, _) in lookups.Where(c => c.Number == Openat2))
        {
            string id = NewId();
            Result r = Inject(role, EAGAIN.ToString(CultureInfo.InvariantCulture), call, ["create", "--bundle", bundle, id]);
            if (!MetAnother(Openat2))
            {
                met++;
                Ok(r);
                Ok(Oci("start", id));
            }
            Ok(Oci("delete", "--force", id));
        }
        Assert.True(met > 0 || role == "runtime", "no call of openat2 was met");
        AssertNothingLeft();
    }

    /// <summary>A container whose program runs is never told as created: the socket that says so goes before the word that lets
    /// the program run.</summary>
    [Fact]
    public void Killed_start_never_leaves_a_running_program_that_is_told_as_created()
    {
        string bundle = Sleeper();
        string first = Running(bundle, onlyCreated: true);
        foreach ((int call, _) in Calls("runtime", ["start", first], first))
        {
            string id = NewId();
            Ok(Oci("create", "--bundle", bundle, id));
            int pid = Pid(id);
            Inject("runtime", "kill", call, ["start", id]);
            // The word may be on its way.
            Host.Eventually(() => RunsProbe(pid), 0.02);
            string status = Status(id);
            Assert.True(!RunsProbe(pid) || status == "running", $"call {call}: the program runs, and the status is {status}");
            Ok(Oci("delete", "--force", id));
        }
        Ok(Oci("delete", "--force", first));
        AssertNothingLeft();
    }

    static bool RunsProbe(int pid) => new FileInfo($"/proc/{pid}/exe").LinkTarget is { } exe &&
        exe.EndsWith("/probe", StringComparison.Ordinal);

    /// <summary>Whoever reads the state finds all of one or all of the other, whenever the writer dies: it is written beside and
    /// renamed.</summary>
    [Theory]
    [InlineData("create")]
    [InlineData("start")]
    [InlineData("update")]
    public void Killed_command_leaves_a_whole_state(string command)
    {
        string bundle = Sleeper();
        string resources = Path.Combine(Temp, "resources");
        File.WriteAllText(resources, "{}");
        string[] Words(string id) => command == "create" ? ["create", "--bundle", bundle, id]
            : command == "start" ? ["start", id] : ["update", "--resources", resources, id];
        string first = NewId();
        if (command != "create")
        {
            Ok(Oci("create", "--bundle", bundle, first));
        }
        foreach ((int call, int number) in Calls("runtime", Words(first), first).Where(c => IsWrite(c.Number)))
        {
            string id = NewId();
            if (command != "create")
            {
                Ok(Oci("create", "--bundle", bundle, id));
            }
            Inject("runtime", "kill", call, Words(id));
            string state = Path.Combine(Root, id, "state.json");
            Assert.True(!File.Exists(state) || IsWhole(File.ReadAllText(state)), $"call {call} ({number}) left half a state");
            Ok(Oci("delete", "--force", id));
        }
        Ok(Oci("delete", "--force", first));
        AssertNothingLeft();
    }

    /// <summary>openat, write, writev, pwrite64, ftruncate, renameat, renameat2: what a file can be written with, and what comes
    /// between.</summary>
    static bool IsWrite(int number) => number is 257 or 1 or 20 or 18 or 77 or 264 or 316;

    static bool IsWhole(string json)
    {
        try
        {
            return JsonNode.Parse(json) is JsonObject;
        }
        catch (System.Text.Json.JsonException)
        {
            return false;
        }
    }

    string Sleeper() => NewBundle("sleep", "60").Save().Dir;

    string Running(string bundle, bool onlyCreated = false)
    {
        string id = NewId();
        Ok(Oci("create", "--bundle", bundle, id));
        WillDelete(id);
        if (!onlyCreated)
        {
            Ok(Oci("start", id));
        }
        return id;
    }

    /// <summary>Index and number of the command's calls. Those of the managed runtime's start, and what cannot fail, are left
    /// out.</summary>
    List<(int Index, int Number)> Calls(string role, string[] words, string? existing = null, bool mayFail = false)
    {
        string id = NewId();
        string[] full = existing is null && words[0] == "create" ? [.. words, id] : words;
        Result r = Inject(role, "list", 0, full);
        Assert.True(mayFail || r.Code == 0, r.ToString());
        if (full != words)
        {
            Ok(Oci("delete", "--force", id));
        }
        return Listed(role, Log);
    }

    static List<(int Index, int Number)> Listed(string role, string log)
    {
        var calls = new List<(int, int)>();
        foreach (string line in File.ReadLines(log))
        {
            string[] parts = line.Split(' ');
            calls.Add((int.Parse(parts[0], CultureInfo.InvariantCulture), int.Parse(parts[1], CultureInfo.InvariantCulture)));
        }
        // The managed runtime's own calls end with the seed of its hash tables: /dev/urandom is the last file that it opens.
        int own = role == "runtime" ? calls.FindIndex(c => c.Item1 > 110 && c.Item2 == Openat) + 1 : 0;
        return [.. calls.Skip(own).Where(c => CanFail(c.Item2, role))];
    }

    /// <summary>Not close(2), signals, ids and what the managed runtime does for itself: memory, threads, scheduling.</summary>
    static bool CanFail(int number, string role) =>
        number is not (3 or 9 or 10 or 11 or 12 or 13 or 14 or 24 or 28 or 39 or 107 or 186 or 202 or 204 or 228 or 273 or 334
        or ExitGroup) &&
        (role == "child" || number != 157);

    /// <summary>The managed runtime's threads race, so the count may have met another call than the one meant.</summary>
    bool MetAnother(int number) =>
        File.ReadLines(Log).FirstOrDefault()?.EndsWith(string.Create(CultureInfo.InvariantCulture, $" {number}"),
        StringComparison.Ordinal) != true;

    string Log => Path.Combine(Temp, "calls");

    Result Inject(string role, string what, int call, string[] words) => Command.Run(Host.Inject,
        [role, what, call.ToString(CultureInfo.InvariantCulture), Log, Host.Runtime, "--root", Root, .. words],
        env: ChildEnvironment);

    void AssertGone(string id, string what)
    {
        Assert.False(Directory.Exists(Path.Combine(Root, id)), "state is left after " + what);
        Assert.True(Host.Eventually(() => !Directory.Exists(Path.Combine(Host.Cgroup2, id)), 2), "a cgroup is left after " +
            what);
    }
}
