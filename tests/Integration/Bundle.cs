using System;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace OciRun.Tests.Integration;

/// <summary>A bundle directory: a rootfs that holds the probe and little else, and a config to edit. Everything is real: the
/// files, the config, the kernel. <see cref="Save"/> writes config.json.</summary>
sealed class Bundle
{
    static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public Bundle(string directory, string tag)
    {
        Dir = directory;
        Rootfs = Path.Combine(directory, "rootfs");
        foreach (var d in (string[])["dev", "proc", "sys", "etc", "tmp", "bin", "work"])
        {
            Directory.CreateDirectory(Path.Combine(Rootfs, d));
        }
        Host.Chmod(Path.Combine(Rootfs, "tmp"), 0x3ff);
        Link(Host.Probe, Path.Combine(Rootfs, "probe"));
        File.CreateSymbolicLink(Path.Combine(Rootfs, "bin", "probe"), "/probe");
        File.WriteAllText(Path.Combine(Rootfs, "etc", "passwd"),
            "root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000::/home/user:/bin/sh\n10:x:0:0::/:/\n");
        Config = Default(tag);
    }

    public string Dir { get; }
    public string Rootfs { get; }
    public JsonObject Config { get; }
    public JsonObject Process => Config["process"]!.AsObject();
    public JsonObject Linux => Config["linux"]!.AsObject();
    public JsonArray Mounts => Config["mounts"]!.AsArray();
    public JsonArray Namespaces => Linux["namespaces"]!.AsArray();

    public string InRootfs(string path) => Path.Combine(Rootfs, path.TrimStart('/'));

    /// <summary>The probe's commands as process.args.</summary>
    public Bundle Args(params string[] commands)
    {
        Process["args"] = Strings(["/probe", .. commands]);
        return this;
    }

    public Bundle Edit(Action<Bundle> edit)
    {
        edit(this);
        return this;
    }

    public Bundle Mount(string destination, string? type, string? source, params string[] options)
    {
        var m = new JsonObject { ["destination"] = destination };
        if (type != null)
        {
            m["type"] = type;
        }
        if (source != null)
        {
            m["source"] = source;
        }
        if (options.Length > 0)
        {
            m["options"] = Strings(options);
        }
        Mounts.Add((JsonNode)m);
        return this;
    }

    public Bundle Without(string namespaceType)
    {
        Remove(Namespaces, n => (string?)n["type"] == namespaceType);
        return this;
    }

    public Bundle Join(string namespaceType, string path)
    {
        Without(namespaceType);
        Namespaces.Add((JsonNode)new JsonObject { ["type"] = namespaceType, ["path"] = path });
        return this;
    }

    public Bundle WithoutMount(string destination)
    {
        Remove(Mounts, m => (string?)m["destination"] == destination);
        return this;
    }

    public Bundle Hook(string kind, string path, string[]? args = null, string[]? env = null, int? timeout = null)
    {
        var hooks = Config["hooks"] as JsonObject ?? new JsonObject();
        Config["hooks"] = hooks;
        var list = hooks[kind] as JsonArray ?? [];
        hooks[kind] = list;
        var h = new JsonObject { ["path"] = path };
        if (args != null)
        {
            h["args"] = Strings(args);
        }
        if (env != null)
        {
            h["env"] = Strings(env);
        }
        if (timeout != null)
        {
            h["timeout"] = timeout;
        }
        list.Add((JsonNode)h);
        return this;
    }

    public Bundle Save()
    {
        File.WriteAllText(Path.Combine(Dir, "config.json"), Config.ToJsonString(Indented));
        return this;
    }

    public static JsonArray Strings(params string[] values) => new([.. values.Select(v => (JsonNode?)JsonValue.Create(v))]);

    /// <summary>Gives the rootfs a static program: a hard link. A copy would be written by this process, and a child that another
    /// thread forks meanwhile keeps it open for writing until its own execve(2): for so long the program cannot be executed
    /// ("text file busy").</summary>
    public static void Link(string from, string to)
    {
        if (!Host.TryLink(from, to))
        {
            // Another file system: a process of its own has the copy's descriptor, and is gone afterwards.
            ContainerTest.Ok(Command.Run("cp", ["--preserve=mode", from, to]));
        }
    }

    /// <summary>Makes a mapped root the owner of the rootfs, its programs included: those are no links to everybody's any
    /// more.</summary>
    public Bundle OwnedBy(uint uid, uint gid)
    {
        foreach (var name in (string[])["probe", "bin/busybox"])
        {
            if (File.Exists(InRootfs(name)))
            {
                ContainerTest.Ok(Command.Run("cp", ["--preserve=mode", InRootfs(name), InRootfs(name) + ".own"]));
                File.Move(InRootfs(name) + ".own", InRootfs(name), overwrite: true);
            }
        }
        ContainerTest.Ok(Command.Run("chown", ["-Rh", $"{uid}:{gid}", Rootfs]));
        return this;
    }

    static void Remove(JsonArray list, Func<JsonNode, bool> which)
    {
        foreach (var n in list.Where(n => which(n!)).ToList())
        {
            list.Remove(n);
        }
    }

    /// <summary>What docker and `spec` give an ordinary container, without a terminal.</summary>
    static JsonObject Default(string tag)
    {
        var caps = Strings("CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE");
        return new JsonObject
        {
            ["ociVersion"] = "1.0.2",
            ["process"] = new JsonObject
            {
                ["terminal"] = false,
                ["user"] = new JsonObject { ["uid"] = 0, ["gid"] = 0 },
                ["args"] = Strings("/probe", "report"),
                ["env"] = Strings("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "OCI_TEST=" + tag),
                ["cwd"] = "/",
                ["capabilities"] = new JsonObject
                {
                    ["bounding"] = caps,
                    ["effective"] = caps.DeepClone(),
                    ["permitted"] = caps.DeepClone(),
                },
                ["rlimits"] = new JsonArray(new JsonObject { ["type"] = "RLIMIT_NOFILE", ["hard"] = 1024, ["soft"] = 1024 }),
                ["noNewPrivileges"] = true,
            },
            ["root"] = new JsonObject { ["path"] = "rootfs", ["readonly"] = true },
            ["hostname"] = "inside",
            ["mounts"] = new JsonArray(
                MountOf("/proc", "proc", "proc"),
                MountOf("/dev", "tmpfs", "tmpfs", "nosuid", "strictatime", "mode=755", "size=65536k"),
                MountOf("/dev/pts", "devpts", "devpts", "nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"),
                MountOf("/dev/shm", "tmpfs", "shm", "nosuid", "noexec", "nodev", "mode=1777", "size=65536k"),
                MountOf("/dev/mqueue", "mqueue", "mqueue", "nosuid", "noexec", "nodev"),
                MountOf("/sys", "sysfs", "sysfs", "nosuid", "noexec", "nodev", "ro")),
            ["linux"] = new JsonObject
            {
                ["resources"] =
                    new JsonObject { ["devices"] = new JsonArray(new JsonObject { ["allow"] = false, ["access"] = "rwm" }) },
                ["namespaces"] = new JsonArray(
                    [.. ((string[])["pid", "network", "ipc", "uts", "mount", "cgroup"])
                    .Select(t => (JsonNode)new JsonObject { ["type"] = t })]),
                ["maskedPaths"] = Strings("/proc/acpi", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list",
                "/proc/timer_stats",
                    "/proc/sched_debug", "/proc/scsi", "/sys/firmware"),
                ["readonlyPaths"] = Strings("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"),
            },
        };
    }

    static JsonObject MountOf(string destination, string type, string source, params string[] options)
    {
        var m = new JsonObject { ["destination"] = destination, ["type"] = type, ["source"] = source };
        if (options.Length > 0)
        {
            m["options"] = Strings(options);
        }
        return m;
    }
}
