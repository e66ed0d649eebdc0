using System;
using System.Globalization;
using System.IO;
using System.Linq;
using Xunit;

namespace OciRun.Tests.Integration;

/// <summary>delete removes what the container has made, and kills what is the container's. What only has the same name is left
/// alone.</summary>
public sealed class OwnershipTests : ContainerTest
{
    string CgroupOf(string id) => Path.Combine(Host.Cgroup2, File.ReadAllLines("/proc/self/cgroup")
        .Where(static l => l.StartsWith("0::", StringComparison.Ordinal)).Select(static l => Path.GetDirectoryName(l[3..]) ?? "/")
        .Single().TrimStart('/'), id);

    Result OciIn(string root, params string[] args) => Command.Run(Host.Runtime, ["--root", root, .. args],
        env: ChildEnvironment);

    /// <summary>A process of somebody else, in a cgroup.</summary>
    Command Stranger(string cgroup)
    {
        var sleeper = StartOutside("/bin/sleep", "60");
        File.WriteAllText(Path.Combine(cgroup, "cgroup.procs"), sleeper.Pid.ToString(CultureInfo.InvariantCulture));
        return sleeper;
    }

    /// <summary>The default cgroup is called after the id, which is another container's in another state directory.</summary>
    [Fact]
    public void Deleting_a_stopped_container_leaves_the_running_one_of_the_same_id_alone()
    {
        var other = NewDirectory("other");
        var stopped = NewBundle("exit", "0");
        stopped.Linux.Remove("cgroupsPath");
        stopped.Save();
        var running = NewBundle("sleep", "60");
        running.Linux.Remove("cgroupsPath");
        running.Save();
        var id = NewId();
        Ok(Oci("run", "-d", "--bundle", stopped.Dir, id));
        WaitStatus(id, "stopped");
        Ok(OciIn(other, "run", "-d", "--bundle", running.Dir, id));
        Ok(Oci("delete", "--force", id));
        Assert.Contains("running", OciIn(other, "state", id).Out, StringComparison.Ordinal);
        Assert.Equal("alive", OciIn(other, "exec", id, "/probe", "print", "alive").Out.Trim());
        Ok(OciIn(other, "delete", "--force", id));
    }

    /// <summary>And the running one is not shared either: its cgroup is in use.</summary>
    [Fact]
    public void Cgroup_of_a_running_container_of_the_same_id_is_refused()
    {
        var other = NewDirectory("other");
        var b = NewBundle("sleep", "60");
        b.Linux.Remove("cgroupsPath");
        b.Save();
        var id = Start(b);
        Fails(OciIn(other, "create", "--bundle", b.Dir, id), 1, "linux.cgroupsPath: container's cgroup is not empty");
        Fails(OciIn(other, "state", id), 1, "does not exist");
        Assert.Equal("running", Status(id));
    }

    /// <summary>Killed before it knew whether it had made the cgroup: whoever lives there is not the container's.</summary>
    [Fact]
    public void Creation_that_is_killed_while_it_makes_its_cgroup_gives_nobody_elses_processes_to_delete()
    {
        var b = NewBundle("exit", "0");
        b.Linux.Remove("cgroupsPath");
        b.Save();
        var id = NewId();
        var cgroup = CgroupOf(id);
        Directory.CreateDirectory(cgroup);
        try
        {
            using var stranger = Stranger(cgroup);
            var log = Path.Combine(Temp, "calls");
            string[] create = ["create", "--bundle", b.Dir, id];
            Command.Run(Host.Inject, ["runtime", "list", "0", log, Host.Runtime, "--root", Root, .. create],
                env: ChildEnvironment);
            // mkdirat is 258: of the state directory's first, of the cgroup's last.
            var calls = File.ReadAllLines(log).Select(static l => l.Split(' ')).Where(static l => l[1] == "258")
                .Select(static l => l[0]).ToList();
            foreach (var call in calls)
            {
                Command.Run(Host.Inject, ["runtime", "kill", call, log, Host.Runtime, "--root", Root, .. create],
                    env: ChildEnvironment);
                Ok(Oci("delete", "--force", id));
                Assert.False(stranger.HasExited);
                Assert.True(Directory.Exists(cgroup));
            }
            Assert.True(calls.Count >= 2);
        }
        finally
        {
            Host.Eventually(() => { try { Directory.Delete(cgroup); return true; } catch (IOException) { return false; } });
        }
    }

    /// <summary>Of a container with its own pid namespace nothing lives on after init; what does was put there by
    /// somebody.</summary>
    [Fact]
    public void Process_that_somebody_has_put_into_the_cgroup_is_not_killed()
    {
        var id = StartSleeper();
        var pid = Pid(id);
        var cgroup = Path.Combine(Host.Cgroup2, File.ReadAllLines($"/proc/{pid}/cgroup")
            .Single(static l => l.StartsWith("0::", StringComparison.Ordinal))[3..].TrimStart('/'));
        using (var stranger = Stranger(cgroup))
        {
            var r = Ok(Oci("delete", "--force", id));
            Assert.Contains("has processes that are not the container's", r.Err, StringComparison.Ordinal);
            Assert.Contains(stranger.Pid.ToString(CultureInfo.InvariantCulture), r.Err, StringComparison.Ordinal);
            Assert.False(stranger.HasExited);
        }
        Assert.True(
            Host.Eventually(() => { try { Directory.Delete(cgroup); return true; } catch (IOException) { return false; } }));
    }

    /// <summary>A cgroup that was there before, and that the config names, stays when others live in it.</summary>
    [Fact]
    public void Cgroup_that_the_config_names_and_that_was_there_is_left_with_what_lives_in_it()
    {
        var id = NewId();
        var cgroup = CgroupOf(Tag + "named");
        Directory.CreateDirectory(cgroup);
        try
        {
            var b = NewBundle("sleep", "60");
            b.Linux["cgroupsPath"] = cgroup[Host.Cgroup2.Length..];
            b.Save();
            Ok(Oci("run", "-d", "--bundle", b.Dir, id));
            using var stranger = Stranger(cgroup);
            Ok(Oci("delete", "--force", id));
            Assert.False(stranger.HasExited);
        }
        finally
        {
            Host.Eventually(() => { try { Directory.Delete(cgroup); return true; } catch (IOException) { return false; } });
        }
    }
}
