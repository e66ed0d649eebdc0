using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Threading;
using OciRun.Engine;
using OciRun.Engine.Cgroups;
using OciRun.Kernel;
using OciRun.Planning;
using OciRun.Planning.Cgroups;
using OciRun.Planning.Steps;
using OciRun.Spec;
using OciRun.Syscalls;
using Xunit;

namespace OciRun.Tests.Integration;

/// <summary>Cgroups of the running kernel, below the host's cgroup2 mount. Needs root. Works on hybrid hosts, where no controller
/// is there.</summary>
public sealed class CgroupKernelTests : IDisposable
{
    readonly CgroupMount _mount = CgroupMount.Find();
    readonly string _top = "/oci-run-unit-" + Guid.NewGuid().ToString("n");
    readonly List<Process> _processes = [];

    string OnDisk(string path) => _mount.Path + path;

    /// <summary>A shell in the cgroup that runs a script after it has been moved there.</summary>
    Process Shell(Cgroup cgroup, string script)
    {
        Process shell = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", "read go; " + script])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        _processes.Add(shell);
        cgroup.AddProcess(shell.Id);
        shell.StandardInput.WriteLine("go");
        shell.StandardInput.Flush();
        return shell;
    }

    string Output(Cgroup cgroup, string script)
    {
        Process shell = Shell(cgroup, script);
        string output = shell.StandardOutput.ReadToEnd() + shell.StandardError.ReadToEnd();
        shell.WaitForExit();
        return output;
    }

    public void Dispose()
    {
        using (Cgroup? left = Cgroup.Open(_mount, _top))
        {
            left?.Remove(Leftovers.Own);
        }
        foreach (Process process in _processes)
        {
            process.Dispose();
        }
        _mount.Dispose();
    }

    [Fact]
    public void Missing_ancestors_are_made_and_only_the_leaf_is_removed()
    {
        using (Cgroup cgroup = Cgroup.Create(_mount, _top + "/a/b"))
        {
            Assert.True(cgroup.IsNew);
            Assert.True(Directory.Exists(OnDisk(_top + "/a/b")));
            cgroup.Remove(Leftovers.Own);
            cgroup.Remove(Leftovers.Own);
        }
        Assert.False(Directory.Exists(OnDisk(_top + "/a/b")));
        Assert.True(Directory.Exists(OnDisk(_top + "/a")));
    }

    [Fact]
    public void Controllers_of_the_mount_reach_the_leaf()
    {
        using Cgroup cgroup = Cgroup.Create(_mount, _top + "/a");
        Assert.Equal(File.ReadAllText(OnDisk("/cgroup.controllers")).Trim(), cgroup.Controllers.ToString());
    }

    [Fact]
    public void Empty_cgroup_is_used_again()
    {
        Cgroup.Create(_mount, _top).Dispose();
        using Cgroup again = Cgroup.Create(_mount, _top);
        Assert.False(again.IsNew);
    }

    [Fact]
    public void Cgroup_with_a_process_is_refused()
    {
        using Cgroup cgroup = Cgroup.Create(_mount, _top + "/x/y");
        Shell(cgroup, "sleep 60");
        RuntimeException e = Assert.Throws<RuntimeException>(() => Cgroup.Create(_mount, _top + "/x"));
        Assert.StartsWith("linux.cgroupsPath: container's cgroup is not empty: ", e.Message);
    }

    [Fact]
    public void Frozen_cgroup_is_refused()
    {
        using Cgroup cgroup = Cgroup.Create(_mount, _top);
        cgroup.Freeze();
        Assert.Contains("container's cgroup unexpectedly frozen",
            Assert.Throws<RuntimeException>(() => Cgroup.Create(_mount, _top)).Message);
    }

    [Fact]
    public void Freeze_stops_processes_and_thaw_lets_them_run()
    {
        using Cgroup cgroup = Cgroup.Create(_mount, _top);
        string file = Path.GetTempFileName();
        try
        {
            Shell(cgroup, $"while :; do echo >> {file}; done");
            cgroup.Freeze();
            Assert.True(cgroup.IsFrozen);
            long size = new FileInfo(file).Length;
            Thread.Sleep(50);
            Assert.Equal(size, new FileInfo(file).Length);
            cgroup.Thaw();
            Assert.True(SpinWait.SpinUntil(() => new FileInfo(file).Length > size, 5000));
            cgroup.Kill();
            Assert.True(cgroup.WaitEmpty(5000));
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>Processes that are in the kernel, where no signal reaches them, nearly all of the time: who does not wait finds
    /// them not frozen.</summary>
    [Fact]
    public void Freeze_returns_when_all_is_frozen_and_not_before()
    {
        using Cgroup cgroup = Cgroup.Create(_mount, _top);
        Shell(cgroup, $"exec {Host.Probe} uninterruptible 8 60");
        Assert.True(SpinWait.SpinUntil(() => cgroup.Pids(recursive: false).Count == 9, 5000));
        for (int i = 0; i < 10; i++)
        {
            cgroup.Freeze();
            Assert.True(cgroup.IsFrozen, $"not frozen in round {i}");
            cgroup.Thaw();
        }
        cgroup.Kill();
        Assert.True(cgroup.WaitEmpty(5000));
    }

    [Fact]
    public void Remove_kills_processes_in_nested_and_frozen_cgroups()
    {
        using Cgroup cgroup = Cgroup.Create(_mount, _top);
        using Cgroup nested = Cgroup.Create(_mount, _top + "/a/b.c");
        Shell(nested, "trap '' TERM; sleep 60 & sleep 60");
        nested.Freeze();
        Assert.NotEmpty(cgroup.Pids(recursive: true));
        Assert.Empty(cgroup.Pids(recursive: false));
        cgroup.Remove(Leftovers.Own);
        Assert.False(Directory.Exists(OnDisk(_top)));
    }

    [Fact]
    public void Wait_for_an_empty_cgroup_ends()
    {
        using Cgroup cgroup = Cgroup.Create(_mount, _top);
        Shell(cgroup, "sleep 60");
        long start = Environment.TickCount64;
        Assert.False(cgroup.WaitEmpty(100));
        Assert.InRange(Environment.TickCount64 - start, 90, 2000);
    }

    [Fact]
    public void Cgroup_removed_under_us_reads_as_empty()
    {
        using Cgroup cgroup = Cgroup.Create(_mount, _top);
        Directory.Delete(OnDisk(_top));
        Assert.False(cgroup.IsPopulated);
        Assert.False(cgroup.IsFrozen);
        Assert.Empty(cgroup.Pids(recursive: true));
        Assert.True(cgroup.WaitEmpty(0));
        cgroup.Kill();
        cgroup.Remove(Leftovers.Own);
        Assert.Null(Cgroup.Open(_mount, _top));
        RuntimeException e = Assert.Throws<RuntimeException>(cgroup.Freeze);
        Assert.DoesNotContain("no such file", e.Message, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void Too_many_cgroups_is_said_so()
    {
        Cgroup.Create(_mount, _top).Dispose();
        File.WriteAllText(OnDisk(_top + "/cgroup.max.descendants"), "0");
        RuntimeException e = Assert.Throws<RuntimeException>(() => Cgroup.Create(_mount, _top + "/a"));
        Assert.Contains("cgroup.max.descendants", e.Hint);
        Assert.EndsWith("/a: too many cgroups (EAGAIN)", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Links_and_parent_directories_are_not_followed()
    {
        using Cgroup cgroup = Cgroup.Create(_mount, _top);
        Assert.Equal(-18, cgroup.TryRead("../cgroup.controllers", out _));
    }

    [Fact]
    public void Delegated_cgroup_belongs_to_the_user()
    {
        using Cgroup cgroup = Cgroup.Create(_mount, _top);
        cgroup.Delegate(12345);
        string owners = Output(cgroup,
            $"stat -c '%u %g' {OnDisk(_top)} {OnDisk(_top)}/cgroup.procs {OnDisk(_top)}/cgroup.max.depth");
        Assert.Equal("12345 0\n12345 0\n0 0\n", owners);
    }

    [Fact]
    public void Process_in_a_threaded_subtree_can_join()
    {
        Cgroup.Create(_mount, _top + "/p").Dispose();
        foreach (string controller in File.ReadAllText(OnDisk(_top + "/cgroup.subtree_control"))
            .Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries))
        {
            File.WriteAllText(OnDisk(_top + "/cgroup.subtree_control"), "-" + controller);
        }
        File.WriteAllText(OnDisk(_top + "/p/cgroup.type"), "threaded");
        using Cgroup cgroup = Cgroup.Create(_mount, _top + "/p/c");
        Assert.Equal("threaded\n", File.ReadAllText(OnDisk(_top + "/p/c/cgroup.type")));
    }

    [Fact]
    public void Failed_write_names_config_path_and_is_undone()
    {
        using Cgroup cgroup = Cgroup.Create(_mount, _top);
        List<CgroupWrite> writes =
        [
            new("cgroup.max.depth", "7", "", "linux.resources.unified[cgroup.max.depth]"),
            new("cgroup.max.descendants", "many", "", "linux.resources.unified[cgroup.max.descendants]"),
        ];
        RuntimeException e = Assert.Throws<RuntimeException>(() => cgroup.ApplyOrUndo(writes));
        Assert.StartsWith("linux.resources.unified[cgroup.max.descendants]: cannot write \"many\"", e.Message);
        Assert.Equal("max\n", File.ReadAllText(OnDisk(_top + "/cgroup.max.depth")));
    }

    [Fact]
    public void Missing_file_is_tolerated_only_where_the_plan_says_so()
    {
        using Cgroup cgroup = Cgroup.Create(_mount, _top);
        cgroup.Apply([new CgroupWrite("no.such", "1", "", "x") { IgnoreMissing = true }]);
        cgroup.Apply([new CgroupWrite("no.such", "1", "", "x") { Fallback = new CgroupWrite("cgroup.max.depth", "5", "", "x") }]);
        Assert.Equal("5\n", File.ReadAllText(OnDisk(_top + "/cgroup.max.depth")));
        RuntimeException e = Assert.Throws<RuntimeException>(() => cgroup.Apply([new CgroupWrite("no.such", "1", "", "x")]));
        Assert.Equal("x: this kernel has no cgroup file no.such", e.Message);
    }

    [Fact]
    public void Device_filter_refuses_what_the_rules_do_not_allow()
    {
        using Cgroup cgroup = Cgroup.Create(_mount, _top);
        Assert.True(DeviceProgram.TryAttach(cgroup, DeviceFilter.Compile([new SpecDeviceRule()], [])!));
        string node = Path.Combine(Path.GetTempPath(), Guid.NewGuid().ToString("n"));
        string output = Output(cgroup,
            $"echo x > /dev/null && echo null; head -c1 /dev/zero | wc -c; (: < /dev/kmsg) && echo kmsg; " +
            $"mknod {node} c 1 11 && echo made; (: < {node}) && echo opened; rm -f {node}");
        Assert.Contains("null\n1\n", output);
        Assert.DoesNotContain("kmsg\n", output);
        Assert.Contains("made\n", output);
        Assert.DoesNotContain("opened", output);
        Assert.Contains("Operation not permitted", output);
    }

    [Fact]
    public void Filters_are_replaced_and_never_pile_up()
    {
        Cgroup.Create(_mount, _top).Dispose();
        using Cgroup cgroup = Cgroup.Create(_mount, _top);
        byte[] closed = DeviceFilter.Compile([], [])!;
        byte[] open = DeviceFilter.Compile([new SpecDeviceRule { Allow = true, Type = "c", Major = 1, Minor = 11, Access = "r" }],
            [])!;
        for (int i = 0; i < 70; i++)
        {
            Assert.True(DeviceProgram.TryAttach(cgroup, closed));
            Assert.Single(DeviceProgram.Attached(cgroup));
        }
        Assert.True(DeviceProgram.TryAttach(cgroup, open));
        Assert.Single(DeviceProgram.Attached(cgroup));
        Assert.Contains("kmsg\n", Output(cgroup, "(: < /dev/kmsg) && echo kmsg"));
    }

    /// <summary>Linux 6.17 to 7.1 write past the attribute of a query that is shorter than they know: a canary behind ours tells
    /// whether the running kernel, or one to come, does so at our size.</summary>
    [Fact]
    public void Kernel_writes_nothing_behind_the_attributes_of_bpf()
    {
        const int room = 512;
        using Cgroup cgroup = Cgroup.Create(_mount, _top);
        Assert.True(DeviceProgram.TryAttach(cgroup, DeviceFilter.Compile([], [])!));
        nint memory = Marshal.AllocHGlobal(2 * room);
        try
        {
            foreach (int size in (int[])[Marshal.SizeOf<BpfProgQueryAttr>(), Marshal.SizeOf<BpfProgLoadAttr>(),
                Marshal.SizeOf<BpfProgAttachAttr>()])
            {
                Marshal.Copy(Enumerable.Repeat((byte)0xa5, 2 * room).ToArray(), 0, memory, 2 * room);
                var query = new BpfProgQueryAttr
                {
                    target_fd = (uint)cgroup.Directory.Value,
                    attach_type = BpfAttachType.BPF_CGROUP_DEVICE,
                    prog_ids = (ulong)(memory + room),
                    prog_cnt = 8,
                };
                Marshal.StructureToPtr(query, memory, false);
                Assert.Equal(0, Syscall.Try(Sys.bpf, BpfCmd.BPF_PROG_QUERY, memory, size));
                Assert.Equal(1u, Marshal.PtrToStructure<BpfProgQueryAttr>(memory).prog_cnt);
                byte[] behind = new byte[room - size];
                Marshal.Copy(memory + size, behind, 0, behind.Length);
                Assert.All(behind, b => Assert.Equal(0xa5, b));
            }
        }
        finally
        {
            Marshal.FreeHGlobal(memory);
        }
    }
}
