using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Text.Json.Nodes;
using Xunit;

namespace OciRun.Tests.Integration;

/// <summary>Which test shows what for every advisory of earlier runtimes, and the tests for those that no other class
/// has.</summary>
public sealed class CveTests : ContainerTest
{
    /// <summary>Advisories that no test can show, for what they are about is not here.</summary>
    static readonly (string Id, string Reason)[] NotHere =
    [
        ("CVE-2014-8989", "the kernel's own check of setgroups(2), long mended; the deny that it asks for is written by IdMaps"),
        ("CVE-2018-6556", "a program with the set-user-id bit: there is none"),
        ("CVE-2019-12439", "a mount point in /tmp: nothing is mounted on the host"),
        ("CVE-2022-0492", "release_agent of cgroup v1: only v2 is used"),
        ("CVE-2023-6476", "annotations are the engine's to filter"),
        ("CVE-2024-3154", "annotations are the engine's to filter"),
        ("CVE-2025-24965", "a file for a virtual machine: there are none"),
        ("CVE-2026-39822", "root-scoped files of Go's library: openat2(2) itself is used"),
        ("CVE-2026-40226", "a configuration file of the image: none is read"),
        ("CVE-2026-41567", "a program of the container run on the host: none is, but hooks by absolute path"),
        ("CVE-2026-84042", "a virtual machine's network helper: there is none"),
        ("CVE-2026-115520", "checkpoint and restore: there is none"),
        ("CVE-2026-119101", "checkpoint and restore: there is none"),
        ("CVE-2026-119614", "checkpoint and restore: there is none"),
    ];

    /// <summary>Advisory, class and test.</summary>
    static readonly (string Id, string Test)[] Shown =
    [
        ("CVE-2016-3697", "ExecTests.Exec_user_is_numeric_and_never_a_name"),
        ("CVE-2016-9962", "EscapeTests.Processes_of_exec_lead_no_tracer_to_the_host"),
        ("GHSA-g54h-m393-cpwq", "HostileTests.Devices_are_denied_without_a_rule"),
        ("CVE-2019-5736", "HostileTests.Payload_cannot_write_the_runtimes_binary"),
        ("CVE-2019-16884", "CveTests.A_volume_on_proc_is_refused"),
        ("CVE-2019-19921", "HostileTests.Proc_or_sys_as_a_symlink_is_refused"),
        ("CVE-2021-30465", "HostileTests.Mount_destination_through_a_link_stays_in_the_rootfs"),
        ("CVE-2021-43784", "NamespaceTests.User_namespace_maps_several_ranges"),
        ("CVE-2022-29162", "ExecTests.Exec_cap_adds_but_never_to_inheritable_or_ambient"),
        ("CVE-2023-25809", "CveTests.The_hosts_cgroup_tree_is_read_only_without_a_cgroup_namespace"),
        ("CVE-2023-27561", "HostileTests.Proc_or_sys_as_a_symlink_is_refused"),
        ("CVE-2023-28642", "HostileTests.Proc_or_sys_as_a_symlink_is_refused"),
        ("CVE-2024-21626", "HostileTests.Cwd_through_a_leaked_descriptor_never_reaches_the_host"),
        ("CVE-2024-45310", "HostileTests.Mount_destination_through_a_linked_parent_stays_in_the_rootfs"),
        ("CVE-2025-31133", "HostileTests.Mask_is_never_made_from_a_fake_null_device"),
        ("CVE-2025-52565", "CveTests.A_terminal_of_a_fake_devpts_is_refused"),
        ("CVE-2025-52881", "HostileTests.Fake_proc_in_the_image_does_not_redirect_what_the_runtime_writes"),
        ("CVE-2026-41579", "HostileTests.Dev_as_a_symlink_out_of_the_rootfs_touches_nothing_outside"),
        ("CVE-2019-18837", "HostileTests.Mount_destination_through_a_link_stays_in_the_rootfs"),
        ("CVE-2022-27650", "ProcessTests.Root_gets_the_bounding_set_and_nothing_inheritable_or_ambient"),
        ("CVE-2026-30892", "ExecTests.Exec_refuses_a_bad_user"),
        ("CVE-2026-47766", "HostileTests.Dev_as_a_symlink_out_of_the_rootfs_touches_nothing_outside"),
        ("CVE-2026-88264", "CveTests.Console_without_a_dev_mount_makes_nothing_outside"),
        ("CVE-2026-88265", "HostileTests.Hosts_null_device_is_never_chowned"),
        ("CVE-2026-115521", "CveTests.A_fake_proc_in_the_image_does_not_keep_the_root_writable"),
        ("CVE-2025-27612", "ExecTests.Exec_cap_adds_but_never_to_inheritable_or_ambient"),
        ("CVE-2025-54867", "HostileTests.Proc_or_sys_as_a_symlink_is_refused"),
        ("CVE-2025-62161", "HostileTests.Mask_is_never_made_from_a_fake_null_device"),
        ("CVE-2025-62596", "HostileTests.Fake_proc_in_the_image_does_not_redirect_what_the_runtime_writes"),
        ("CVE-2020-15257", "HostileTests.Abstract_sockets_are_not_used"),
        ("CVE-2024-40635", "ExecTests.Exec_refuses_a_bad_user"),
        ("CVE-2026-46680", "ExecTests.Exec_refuses_a_bad_user"),
        ("CVE-2026-47262", "HostileTests.Passwd_that_is_a_pipe_or_huge_does_not_hang_the_runtime"),
        ("CVE-2025-47291", "UserNamespaceTests.Cgroup_belongs_to_the_containers_root"),
        ("CVE-2023-25173", "ProcessTests.Supplementary_groups_of_the_caller_are_dropped"),
        ("CVE-2022-2995", "ProcessTests.Supplementary_groups_of_the_caller_are_dropped"),
        ("CVE-2022-0811", "HostNamespaceTests.Sysctls_of_a_joined_namespace_that_is_the_hosts_are_refused"),
        ("CVE-2024-5154", "HostileTests.Mount_destination_through_a_link_stays_in_the_rootfs"),
        ("CVE-2015-1331", "StateRootTests.A_state_directory_that_others_can_write_is_refused"),
        ("CVE-2015-1334", "CveTests.A_volume_on_proc_is_refused"),
        ("CVE-2015-1335", "HostileTests.Mount_destination_through_a_linked_parent_stays_in_the_rootfs"),
        ("CVE-2016-8649", "HostileTests.Payload_inherits_stdio_and_nothing_else"),
        ("CVE-2016-10124", "ProcessTests.Process_leads_its_session_and_has_one_thread"),
        ("CVE-2017-5226", "ProcessTests.Process_leads_its_session_and_has_one_thread"),
        ("CVE-2016-8659", "EscapeTests.Waiting_init_is_not_open_to_its_neighbours"),
        ("CVE-2026-41163", "EscapeTests.Waiting_init_is_not_open_to_its_neighbours"),
        ("CVE-2017-18367", "FieldTests.Seccomp_compares_arguments"),
        ("CVE-2020-5291", "ProcessTests.Five_capability_sets_are_set_each_by_its_list"),
        ("CVE-2024-42472", "HostileTests.Mount_destination_through_a_linked_parent_stays_in_the_rootfs"),
        ("CVE-2025-65105", "HostileTests.Fake_proc_in_the_image_does_not_redirect_what_the_runtime_writes"),
        ("GHSA-mjcv-p78q-w5fw", "HostileTests.Passwd_that_is_a_pipe_or_huge_does_not_hang_the_runtime"),
    ];

    /// <summary>The advisories of runc, crun, youki and their neighbours up to November 2026. A new one is added
    /// here, and then needs a test.</summary>
    static readonly string[] Advisories =
    [
        "CVE-2014-8989", "CVE-2015-1331", "CVE-2015-1334", "CVE-2015-1335", "CVE-2016-10124", "CVE-2016-3697", "CVE-2016-8649",
        "CVE-2016-8659", "CVE-2016-9962", "CVE-2017-18367", "CVE-2017-5226", "CVE-2018-6556", "CVE-2019-12439",
        "CVE-2019-16884", "CVE-2019-18837", "CVE-2019-19921", "CVE-2019-5736", "CVE-2020-15257", "CVE-2020-5291",
        "CVE-2021-30465", "CVE-2021-43784", "CVE-2022-0492", "CVE-2022-0811", "CVE-2022-27650", "CVE-2022-29162",
        "CVE-2022-2995", "CVE-2023-25173", "CVE-2023-25809", "CVE-2023-27561", "CVE-2023-28642", "CVE-2023-6476",
        "CVE-2024-21626", "CVE-2024-3154", "CVE-2024-40635", "CVE-2024-42472", "CVE-2024-45310", "CVE-2024-5154",
        "CVE-2025-24965", "CVE-2025-27612", "CVE-2025-31133", "CVE-2025-47291", "CVE-2025-52565", "CVE-2025-52881",
        "CVE-2025-54867", "CVE-2025-62161", "CVE-2025-62596", "CVE-2025-65105", "CVE-2026-115520", "CVE-2026-115521",
        "CVE-2026-119101", "CVE-2026-119614", "CVE-2026-30892", "CVE-2026-39822", "CVE-2026-40226", "CVE-2026-41163",
        "CVE-2026-41567", "CVE-2026-41579", "CVE-2026-46680", "CVE-2026-47262", "CVE-2026-47766", "CVE-2026-84042",
        "CVE-2026-88264", "CVE-2026-88265", "GHSA-g54h-m393-cpwq", "GHSA-mjcv-p78q-w5fw",
    ];

    [Fact]
    public void Every_advisory_has_a_test_that_is_there()
    {
        Assert.Equal(Advisories.Order(StringComparer.Ordinal), Shown.Concat(NotHere).Select(s => s.Item1)
            .Order(StringComparer.Ordinal));
        foreach (var (id, test) in Shown)
        {
            var parts = test.Split('.');
            var method = typeof(CveTests).Assembly.GetType("OciRun.Tests.Integration." + parts[0])?.GetMethod(parts[1]);
            Assert.True(method?.GetCustomAttributes<FactAttribute>().Any() == true, $"{id}: there is no test {test}");
        }
    }

    [Fact]
    public void A_volume_on_proc_is_refused()
    {
        var volume = NewDirectory("volume");
        Directory.CreateDirectory(Path.Combine(volume, "self", "attr"));
        File.WriteAllText(Path.Combine(volume, "self", "attr", "exec"), "");
        var b = NewBundle("exit", "0").WithoutMount("/proc").Mount("/proc", "bind", volume, "rbind", "rw");
        Fails(RunRaw(b), 1, "mounts[");
        Assert.Equal("", File.ReadAllText(Path.Combine(volume, "self", "attr", "exec")));
    }

    [Fact]
    public void The_hosts_cgroup_tree_is_read_only_without_a_cgroup_namespace()
    {
        var b = NewBundle("open", "/sys/fs/cgroup/cgroup.procs", "wo", "--", "report").Without("cgroup")
            .Mount("/sys/fs/cgroup", "cgroup", "cgroup", "nosuid", "noexec", "nodev", "relatime", "ro");
        var seen = Run(b);
        Assert.Equal("EROFS", seen["wo:/sys/fs/cgroup/cgroup.procs"]);
    }

    /// <summary>/dev/pts is the attacker's: what stands for a terminal there leads elsewhere.</summary>
    [Fact]
    public void A_terminal_of_a_fake_devpts_is_refused()
    {
        var target = Path.Combine(Temp, "target");
        File.WriteAllText(target, "host file");
        var pts = NewDirectory("pts");
        File.WriteAllText(Path.Combine(pts, "ptmx"), "");
        File.CreateSymbolicLink(Path.Combine(pts, "0"), target);
        foreach (var ptmx in (string[])["file", "link", "device", "multiplexer"])
        {
            File.Delete(Path.Combine(pts, "ptmx"));
            Ok(ptmx switch
            {
                "file" => Command.Run("touch", [Path.Combine(pts, "ptmx")]),
                "link" => Command.Run("ln", ["-s", "/dev/ptmx", Path.Combine(pts, "ptmx")]),
                "device" => Command.Run("mknod", [Path.Combine(pts, "ptmx"), "c", "1", "3"]),
                _ => Command.Run("mknod", [Path.Combine(pts, "ptmx"), "c", "5", "2"]),
            });
            // The kernel looks for the terminals of such a node in "pts" beside it, wherever that is.
            var b = NewBundle("exit", "0").WithoutMount("/dev/pts").Mount("/dev/pts", "bind", pts, "rbind", "rw")
                .Mount("/dev/pts/pts", "devpts", "devpts", "newinstance", "ptmxmode=0666");
            b.Process["terminal"] = true;
            Fails(RunRaw(b), 1, "process.terminal");
        }
        Assert.Equal("host file", File.ReadAllText(target));
    }

    [Fact]
    public void Console_without_a_dev_mount_makes_nothing_outside()
    {
        var outside = NewDirectory("outside");
        foreach (var target in (string[])[Path.Combine(outside, "made"), "../../../outside/made"])
        {
            var b = NewBundle("exit", "0").WithoutMount("/dev").WithoutMount("/dev/pts").WithoutMount("/dev/shm")
                .WithoutMount("/dev/mqueue")
                .Mount("/dev/pts", "devpts", "devpts", "newinstance", "ptmxmode=0666");
            b.Process["terminal"] = true;
            ((JsonObject)b.Config["root"]!)["readonly"] = false;
            File.CreateSymbolicLink(b.InRootfs("dev/console"), target);
            RunRaw(b);
            Assert.Empty(Directory.GetFileSystemEntries(outside));
        }
    }

    [Fact]
    public void A_fake_proc_in_the_image_does_not_keep_the_root_writable()
    {
        var b = NewBundle("open", "/work/file", "wo").WithoutMount("/proc");
        b.Linux["maskedPaths"] = new JsonArray();
        b.Linux["readonlyPaths"] = new JsonArray();
        for (var fd = 0; fd < 64; fd++)
        {
            Directory.CreateDirectory(b.InRootfs("proc/self/fd/" +
                fd.ToString(System.Globalization.CultureInfo.InvariantCulture)));
        }
        Directory.CreateSymbolicLink(b.InRootfs("proc/thread-self"), "self");
        File.WriteAllText(b.InRootfs("work/file"), "");
        Assert.Equal("EROFS", Run(b)["wo:/work/file"]);
    }
}
