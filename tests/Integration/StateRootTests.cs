using System;
using System.IO;
using Xunit;

namespace OciRun.Tests.Integration;

/// <summary>Who can write to the state directory chooses what runs with the rights of whoever uses it: so nobody else
/// may.</summary>
public sealed class StateRootTests : ContainerTest
{
    const uint Rwx = 0x1c0;

    static void Give(string path, string owner) => Ok(Command.Run("chown", ["-h", owner, path]));

    Result[] AllCommands(string root)
    {
        var b = NewBundle("exit", "0").Save();
        return
        [
            Command.Run(Host.Runtime, ["--root", root, "create", "--bundle", b.Dir, NewId()]),
            Command.Run(Host.Runtime, ["--root", root, "list"]),
            Command.Run(Host.Runtime, ["--root", root, "state", "x"]),
            Command.Run(Host.Runtime, ["--root", root, "delete", "--force", "x"]),
            Command.Run(Host.Runtime, ["--root", root, "kill", "x"]),
        ];
    }

    void Refused(string root, string reason)
    {
        foreach (var r in AllCommands(root))
        {
            Fails(r, 1, $"state directory \"{root}\": others can write to {reason}");
        }
    }

    [Theory]
    [InlineData("0", 0x1ffu, "owner 0, mode 0777")]
    [InlineData("0", 0x3ffu, "owner 0, mode 01777")]
    [InlineData("0:7", 0x1f8u, "owner 0, mode 0770")]
    [InlineData("1000", 0x1c0u, "owner 1000, mode 0700")]
    public void A_state_directory_that_others_can_write_is_refused(string owner, uint mode, string words)
    {
        var root = NewDirectory("mine");
        Host.Chmod(root, mode);
        Give(root, owner);
        Refused(root, $"it ({words})");
    }

    [Fact]
    public void A_directory_above_that_others_can_write_is_refused()
    {
        var above = NewDirectory("above");
        var root = Directory.CreateDirectory(Path.Combine(above, "between", "root")).FullName;
        Host.Chmod(above, 0x1ff);
        Refused(root, $"\"{above}\" above it (owner 0, mode 0777)");
        Host.Chmod(above, 0x1ed);
        Give(above, "1000");
        Refused(root, $"\"{above}\" above it (owner 1000, mode 0755)");
        Give(above, "0");
        Host.Chmod(above, 0x3ff);
        Ok(Command.Run(Host.Runtime, ["--root", root, "list"]));
    }

    [Fact]
    public void A_link_to_a_directory_of_others_is_refused()
    {
        var theirs = NewDirectory("theirs");
        var root = Directory.CreateDirectory(Path.Combine(theirs, "root")).FullName;
        Give(theirs, "1000");
        var link = Path.Combine(Temp, "link");
        Directory.CreateSymbolicLink(link, root);
        Refused(link, $"\"{theirs}\" above it (owner 1000, mode 0755)");
    }

    [Fact]
    public void A_link_of_others_is_refused()
    {
        var link = Path.Combine(Temp, "link");
        Directory.CreateSymbolicLink(link, Root);
        Give(link, "1000");
        Fails(Command.Run(Host.Runtime, ["--root", link + "/x", "create", "--bundle", NewBundle("exit", "0").Save().Dir,
            NewId()]), 1,
            $"others can write to \"{link}\" above it (owner 1000");
    }

    [Fact]
    public void A_link_of_roots_to_a_directory_of_roots_is_fine()
    {
        var link = Path.Combine(Temp, "link");
        Directory.CreateSymbolicLink(link, Root);
        Ok(Command.Run(Host.Runtime, ["--root", link, "list"]));
    }

    (string Id, string Hooked) StoppedWithHook()
    {
        var hooked = Path.Combine(Temp, "hooked");
        var id = Start(NewBundle("exit", "0").Hook("poststop", "/bin/sh", ["sh", "-c", "touch " + hooked]));
        WaitStatus(id, "stopped");
        return (id, hooked);
    }

    [Fact]
    public void A_forged_state_runs_no_hook()
    {
        var (id, hooked) = StoppedWithHook();
        Give(Path.Combine(Root, id, "state.json"), "1000");
        Fails(Oci("delete", id), 1, "others can write to state.json (owner 1000, mode 0600)");
        Ok(Oci("delete", "--force", id));
        // What it said of a cgroup is not believed either.
        Directory.Delete(Host.Cgroup2 + "/" + id);
        Assert.False(File.Exists(hooked));
        Assert.False(Directory.Exists(Path.Combine(Root, id)));
    }

    [Fact]
    public void A_container_directory_of_others_is_not_believed()
    {
        var (id, hooked) = StoppedWithHook();
        var directory = Path.Combine(Root, id);
        Give(directory, "1000");
        Fails(Oci("delete", id), 1, $"state directory \"{directory}\": others can write to it (owner 1000, mode 0711)");
        Fails(Oci("delete", "--force", id), 1,
            $"state directory \"{directory}\": others can write to it (owner 1000, mode 0711)");
        Assert.False(File.Exists(hooked));
        Give(directory, "0");
        Ok(Oci("delete", id));
        Assert.True(File.Exists(hooked));
    }

    [Fact]
    public void New_directories_of_the_state_are_the_callers_alone()
    {
        var root = Path.Combine(Temp, "new", "root");
        var b = NewBundle("exit", "0").Save();
        var id = NewId();
        Ok(Command.Run("/bin/sh", ["-c", $"umask 0; exec {Host.Runtime} --root {root} create --bundle {b.Dir} {id} >/dev/null " +
            $"2>&1 </dev/null"]));
        Assert.Equal((UnixFileMode)Rwx, File.GetUnixFileMode(root));
        Assert.Equal(UnixFileMode.None, File.GetUnixFileMode(Path.Combine(root, id)) & (UnixFileMode.GroupWrite |
            UnixFileMode.OtherWrite));
        Ok(Command.Run(Host.Runtime, ["--root", root, "delete", "--force", id]));
    }
}
