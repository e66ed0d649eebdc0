using System;
using System.Collections.Generic;
using System.Text;
using OciRun.Engine.Cgroups;
using OciRun.Engine.Process;
using OciRun.Kernel;
using OciRun.Planning;
using OciRun.Planning.Cgroups;
using OciRun.Spec;
using OciRun.Syscalls;

namespace OciRun.Engine.Host;

/// <summary>Looks at the host, once and without side effects: the config, the facts that the planner needs, and whether what the
/// config names is there.</summary>
sealed class Preflight : IDisposable
{
    const int LargestConfig = 64 << 20;
    public static bool InUserNamespace() =>
        Syscall.TryFstatAt(AtFlags.AT_FDCWD, "/proc/self/ns/user", 0, out Stat user) == 0
        && user.st_ino != NamespaceInodes.USER_NS_INIT_INO;

    public CgroupMount? Mount { get; private set; }
    public CgroupSite? Site { get; private set; }
    /// <summary>What the container joins; for the executor to take.</summary>
    public JoinedNamespaces? Namespaces { get; private set; }

    /// <summary>Reads a config. One that is no JSON is an error at once; what else is wrong is added to
    /// <paramref name="problems"/> and is for the caller to report with what planning finds, for people mend all at once what
    /// they are told at once.</summary>
    public static RuntimeSpec ReadConfig(string path, List<ConfigProblem> problems) =>
        ConfigReader.Read(ReadFile(path), problems) ?? throw ErrorText.OfProblems(problems, NameOf(path));

    public static byte[] ReadFile(string path)
    {
        try
        {
            using SafeFd file = Syscall.Own(Syscall.TryOpenToRead(path), "open", path);
            return Syscall.ReadAll(file, LargestConfig, path);
        }
        catch (SyscallException e)
        {
            throw new RuntimeException(ErrorText.Call("open", path, e.ErrorNumber),
                e.Errno == Errno.ENOENT ? "a bundle is a directory with a config.json: see \"oci-run spec\" and --bundle" : null);
        }
    }

    public static string NameOf(string path) => path[(path.LastIndexOf('/') + 1)..];

    public static bool HasErrors(List<ConfigProblem> problems)
    {
        foreach (ConfigProblem problem in problems)
        {
            if (!problem.IsWarning)
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>The facts for a new container.</summary>
    public HostFacts Gather(RuntimeSpec spec, GlobalOptions globals, string id, bool noPivot)
    {
        ControllerSet controllers = default;
        Namespaces = new JoinedNamespaces(spec.Linux?.Namespaces);
        // Also with the manager disabled: the container may want to see the tree.
        Mount = CgroupMount.TryFind();
        if (globals.CgroupManager != "disabled")
        {
            if (Mount is not null && globals.CgroupManager == "cgroupfs")
            {
                CgroupLocation? location = CgroupPath.Resolve(spec.Linux?.CgroupsPath, id, Mount.OwnCgroup, systemd: false,
                    rootless: false, []);
                Site = location is null ? null : CgroupSite.Probe(Mount, location.Path);
                controllers = Site?.Controllers ?? default;
            }
            else if (Mount is not null && CgroupFiles.TryRead(Mount.Root, "cgroup.controllers", out string available) == 0)
            {
                controllers = new ControllerSet(available);
            }
        }
        return Facts(spec) with
        {
            CgroupMount = Mount?.Path,
            OwnCgroup = Mount is null ? "/" : Mount.OwnCgroup,
            Controllers = controllers.ToString().Split(' ', StringSplitOptions.RemoveEmptyEntries),
            HostNamespaces = Namespaces.Hosts,
            ProcTakesPidNamespace = Namespaces.ProcTakesPidNamespace(),
            MountsOnRoot = noPivot ? MountsOnRoot() : [],
        };
    }

    /// <summary>Where something is mounted directly on the mount of "/"; all else is below one of these. Fields of
    /// proc_pid_mountinfo(5): id, parent's id, device, root, mount point.</summary>
    static List<string> MountsOnRoot()
    {
        string mounts = Encoding.UTF8.GetString(Syscall.ReadAll("/proc/self/mountinfo", CgroupMount.MostProcBytes));
        var lines = new List<string[]>();
        string root = "";
        foreach (string line in mounts.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] fields = line.Split(' ', 6);
            lines.Add(fields);
            // Of several the last is on top.
            root = fields[4] == "/" ? fields[0] : root;
        }
        var points = new List<string>();
        foreach (string[] fields in lines)
        {
            if (fields[1] == root && fields[4] != "/")
            {
                points.Add(CgroupMount.Unescape(fields[4]));
            }
        }
        return points;
    }

    /// <summary>The facts that a further process in a container needs as well.</summary>
    public static HostFacts Facts(RuntimeSpec spec)
    {
        bool labels = spec.Process?.SelinuxLabel is { Length: > 0 } || spec.Linux?.MountLabel is { Length: > 0 };
        bool selinux = labels && Syscall.Exists("/sys/fs/selinux/enforce");
        if (labels && !selinux)
        {
            Log.Debug("process.selinuxLabel and linux.mountLabel are ignored: SELinux is not enabled on this host");
        }
        return new HostFacts
        {
            EffectiveUid = Syscall.Geteuid(),
            SetGroupsDenied = SetGroupsDenied(spec),
            InUserNamespace = InUserNamespace(),
            Capabilities = Syscall.CapGet().Permitted,
            LastCapability = LastCapability(),
            AppArmor = spec.Process?.ApparmorProfile is { Length: > 0 } && IsApparmorOn(),
            SELinux = selinux,
        };
    }

    /// <summary>A kernel newer than the names here may have more capabilities, which must leave the bounding set as
    /// well.</summary>
    static int LastCapability()
    {
        int last = Capabilities.Last;
        while (last < 63 && Syscall.TryPrctl(Prctl.PR_CAPBSET_READ, last + 1) >= 0)
        {
            last++;
        }
        return last;
    }

    /// <summary>The module's own word: securityfs need not be mounted.</summary>
    static bool IsApparmorOn()
    {
        int fd = Syscall.TryOpen("/sys/module/apparmor/parameters/enabled", OpenFlags.O_RDONLY | OpenFlags.O_CLOEXEC);
        if (fd < 0)
        {
            return false;
        }
        using var file = new SafeFd(fd);
        Span<byte> word = stackalloc byte[1];
        return Syscall.TryRead(file, word) == 1 && word[0] == (byte)'Y';
    }

    /// <summary>Who maps its own ids without privilege must have denied setgroups(2) first (user_namespaces(7)).</summary>
    static bool SetGroupsDenied(RuntimeSpec spec)
    {
        if (Syscall.Geteuid() == 0)
        {
            return false;
        }
        foreach (SpecNamespace one in spec.Linux?.Namespaces ?? [])
        {
            if (one.Type == "user")
            {
                return IdMaps.AreOwn(spec.Linux!.UidMappings, spec.Linux.GidMappings);
            }
        }
        return false;
    }

    /// <summary>Problems that only the host can tell: a rootfs or a source of a bind that is not there.</summary>
    public static void CheckPaths(RuntimeSpec spec, string bundle, List<ConfigProblem> problems)
    {
        CheckRootfs(spec.Root?.Path, bundle, problems);
        List<SpecMount> mounts = spec.Mounts ?? [];
        for (int i = 0; i < mounts.Count; i++)
        {
            SpecMount mount = mounts[i];
            if (mount.Source is not { Length: > 0 } source || MountKinds.Of(mount) != MountKind.Bind)
            {
                continue;
            }
            string path = source[0] == '/' ? source : bundle + "/" + source;
            int status = Syscall.TryFstatAt(AtFlags.AT_FDCWD, path, AtFlags.AT_SYMLINK_NOFOLLOW, out _);
            if (status < 0)
            {
                AddMissing($"mounts[{i}].source", path, -status, problems);
            }
        }
    }

    /// <summary>That a path is too long has been said without looking.</summary>
    static void AddMissing(string place, string path, int errno, List<ConfigProblem> problems)
    {
        if (errno != Errno.ENAMETOOLONG || !problems.Exists(problem => problem.Path == place))
        {
            problems.Add(new ConfigProblem(place, ErrorText.Call("stat", path, errno)));
        }
    }

    static void CheckRootfs(string? root, string bundle, List<ConfigProblem> problems)
    {
        if (root is null or "")
        {
            return;
        }
        string path = root[0] == '/' ? root : bundle + "/" + root;
        int status = Syscall.TryFstatAt(AtFlags.AT_FDCWD, path.TrimEnd('/') is { Length: > 0 } trimmed ? trimmed : "/",
            AtFlags.AT_SYMLINK_NOFOLLOW, out Stat stat);
        if (status < 0)
        {
            AddMissing("root.path", path, -status, problems);
        }
        else if ((stat.st_mode & StatMode.S_IFMT) == StatMode.S_IFLNK)
        {
            problems.Add(new ConfigProblem("root.path", $"invalid rootfs: \"{path}\" is a symlink; give the directory itself"));
        }
        else if ((stat.st_mode & StatMode.S_IFMT) != StatMode.S_IFDIR)
        {
            problems.Add(new ConfigProblem("root.path", $"\"{path}\" is not a directory"));
        }
    }

    public void Dispose()
    {
        Namespaces?.Dispose();
        Site?.Dispose();
        Mount?.Dispose();
    }
}
