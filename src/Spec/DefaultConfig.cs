using System.Collections.Generic;

namespace OciRun.Spec;

/// <summary>What <c>oci-run spec</c> writes: a shell in a read-only rootfs. The content is that of <c>runc spec</c>, on which
/// people's scripts build.</summary>
public static class DefaultConfig
{
    /// <summary>The config as text, indented with tabs. The rootless form maps the caller's <paramref name="uid"/> and
    /// <paramref name="gid"/> to the container's root and asks for nothing that needs privileges on the host.</summary>
    public static unsafe byte[] Write(bool rootless, uint uid = 0, uint gid = 0) =>
        JsonOutput.Tabbed(rootless ? CreateRootless(uid, gid) : Create(), &RuntimeSpec.Write);

    public static RuntimeSpec Create() => new()
    {
        OciVersion = SpecVersion.Current,
        Process = Shell(),
        Root = new SpecRoot { Path = "rootfs", Readonly = true },
        Hostname = "oci-run",
        Mounts =
        [
            Mount("/proc", "proc", "proc"),
            Mount("/dev", "tmpfs", "tmpfs", "nosuid", "strictatime", "mode=755", "size=65536k"),
            Mount("/dev/pts", "devpts", "devpts", "nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"),
            Mount("/dev/shm", "tmpfs", "shm", "nosuid", "noexec", "nodev", "mode=1777", "size=65536k"),
            Mount("/dev/mqueue", "mqueue", "mqueue", "nosuid", "noexec", "nodev"),
            Mount("/sys", "sysfs", "sysfs", "nosuid", "noexec", "nodev", "ro"),
            Mount("/sys/fs/cgroup", "cgroup", "cgroup", "nosuid", "noexec", "nodev", "relatime", "ro"),
        ],
        Linux = new SpecLinux
        {
            Resources = new SpecResources { Devices = [new SpecDeviceRule { Allow = false, Access = "rwm" }] },
            Namespaces = Namespaces("pid", "network", "ipc", "uts", "mount", "cgroup"),
            MaskedPaths =
            [
                "/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list",
                "/proc/timer_stats", "/proc/sched_debug", "/sys/firmware", "/proc/scsi",
            ],
            ReadonlyPaths = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"],
        },
    };

    public static RuntimeSpec CreateRootless(uint uid, uint gid)
    {
        RuntimeSpec spec = Create();
        // gid 5 is not mapped; a sysfs of its own needs a network namespace of its own.
        spec.Mounts!.Find(static mount => mount.Destination == "/dev/pts")!.Options!.Remove("gid=5");
        int sysfs = spec.Mounts.FindIndex(static mount => mount.Destination == "/sys");
        spec.Mounts[sysfs] = Mount("/sys", "none", "/sys", "rbind", "nosuid", "noexec", "nodev", "ro");
        SpecLinux linux = spec.Linux!;
        linux.Namespaces = Namespaces("pid", "ipc", "uts", "mount", "cgroup", "user");
        linux.UidMappings = [new SpecIdMapping { ContainerID = 0, HostID = uid, Size = 1 }];
        linux.GidMappings = [new SpecIdMapping { ContainerID = 0, HostID = gid, Size = 1 }];
        linux.Resources = null;
        return spec;
    }

    static SpecProcess Shell() => new()
    {
        Terminal = true,
        User = new SpecUser(),
        Args = ["sh"],
        Env = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm"],
        Cwd = "/",
        Capabilities = new SpecCapabilities
        {
            Bounding = Capabilities(),
            Effective = Capabilities(),
            Permitted = Capabilities(),
        },
        Rlimits = [new SpecRlimit { Type = "RLIMIT_NOFILE", Hard = 1024, Soft = 1024 }],
        NoNewPrivileges = true,
    };

    static List<string> Capabilities() => ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"];

    static SpecMount Mount(string destination, string type, string source, params List<string> options) => new()
    {
        Destination = destination,
        Type = type,
        Source = source,
        Options = options.Count > 0 ? options : null,
    };

    static List<SpecNamespace> Namespaces(params List<string> types) =>
        types.ConvertAll(static type => new SpecNamespace { Type = type });
}
