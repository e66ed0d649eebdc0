using System;
using System.CommandLine;
using System.IO;
using System.Text;
using OciRun.Engine;
using OciRun.Kernel;
using OciRun.Syscalls;

namespace OciRun.Cli;

/// <summary>The options that stand before the command.</summary>
sealed class RootOptions : CliCommand
{
    const string DefaultRoot = "/run/oci-run";
    /// <summary>Of uid_map: a page, by user_namespaces(7).</summary>
    const int MostBytes = 4096;

    readonly Option<string> _root;
    readonly Option<string> _log;
    readonly Option<string> _logFormat;
    readonly Option<string> _logLevel;
    readonly Option<bool> _debug;
    readonly Option<bool> _systemdCgroup;
    readonly Option<string> _cgroupManager;
    readonly Option<string> _rootless;
    readonly Option<string> _timings;
    readonly Option<bool> _version;
    ParseResult? _result;

    public RootOptions() : base(Program.Name, "Run containers as the Open Container Initiative specifies them.")
    {
        _root = Value("--root", "DIR", "directory for the state of containers (default: /run/oci-run)");
        _log = Value("--log", "TARGET", "write errors there as well as to stderr: [file:]FILE, journald:ID or syslog:ID");
        _logFormat = Value("--log-format", "FORMAT", "format of the log file, text or json (default: text)");
        _logLevel = Value("--log-level", "LEVEL", "error, warning or debug (default: error)");
        _debug = Flag("--debug", "the same as --log-level debug");
        _systemdCgroup = Flag("--systemd-cgroup", "let systemd make the cgroups; cgroupsPath is slice:prefix:name");
        _cgroupManager = Value("--cgroup-manager", "NAME", "cgroupfs, systemd or disabled (default: cgroupfs)");
        _rootless = Value("--rootless", "BOOL",
            "go on without a cgroup where one may not be made: true, false or auto (default: auto)");
        _timings = Value("--timings", "FILE", "write when each phase and step happened, as a Chrome trace");
        _version = Flag("--version", "print the version", "-v");
        Value("--criu", "PATH", "accepted for older engines and ignored", hidden: true);
    }

    public override string OperandHelp => "COMMAND";

    public override int Run(GlobalOptions globals, string[] operands) => 0;

    public void SetResult(ParseResult result) => _result = result;

    public bool VersionWanted => _result!.GetValue(_version);

    public string? LogTarget => _result!.GetValue(_log);

    /// <summary>Absolute; null when no trace is wanted.</summary>
    public string? TimingsFile => _result!.GetValue(_timings) is { } file ? Paths.Absolute(file, "--timings") : null;

    public LogLevel Level => _result!.GetValue(_debug)
        ? LogLevel.Debug
        : _result!.GetValue(_logLevel) switch
        {
            null or "error" => LogLevel.Error,
            "warning" or "warn" => LogLevel.Warning,
            "debug" => LogLevel.Debug,
            string other => throw new RuntimeException($"invalid log-level: {other}"),
        };

    public bool LogIsJson => _result!.GetValue(_logFormat) switch
    {
        null or "" or "text" => false,
        "json" => true,
        string other => throw new RuntimeException($"invalid log-format: {other}"),
    };

    public GlobalOptions Globals()
    {
        string? root = _result!.GetValue(_root);
        var globals = new GlobalOptions
        {
            RootIsExplicit = !string.IsNullOrEmpty(root),
            Debug = Level == LogLevel.Debug,
            Rootless = ParseRootless(_result!.GetValue(_rootless)),
            CgroupManager = ParseManager(_result!.GetValue(_cgroupManager)),
        };
        globals.Root = globals.RootIsExplicit ? Paths.Absolute(root!, "--root") : ImplicitRoot();
        if (globals.Root == "/")
        {
            throw new RuntimeException("Option --root argument should not be set to /");
        }

        return globals;
    }

    string ParseManager(string? name) => name switch
    {
        _ when _result!.GetValue(_systemdCgroup) => "systemd",
        null or "" => "cgroupfs",
        "cgroupfs" or "systemd" or "disabled" => name,
        _ => throw new RuntimeException($"--cgroup-manager: \"{name}\" is not one of cgroupfs, systemd, disabled"),
    };

    static bool? ParseRootless(string? word) => word switch
    {
        null or "" or "auto" => null,
        "1" or "t" or "T" or "true" or "TRUE" or "True" => true,
        "0" or "f" or "F" or "false" or "FALSE" or "False" => false,
        _ => throw new RuntimeException($"--rootless: \"{word}\" is not one of true, false, auto"),
    };

    /// <summary>/run is for the real root. Its XDG_RUNTIME_DIR is ignored: engines pass it to some calls and not to others, or
    /// empty. Inside a user namespace, where a rootless engine calls us as uid 0, /run is not ours to write.</summary>
    static string ImplicitRoot()
    {
        string? runtimeDir = Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR");
        if (string.IsNullOrEmpty(runtimeDir))
        {
            return DefaultRoot;
        }

        bool isRoot = Stdio.EffectiveUid() == 0;
        if (isRoot && (Environment.GetEnvironmentVariable("USER") == "root" || IsInitialUserNamespace()))
        {
            return DefaultRoot;
        }

        string root = Path.Combine(Paths.Absolute(runtimeDir, "XDG_RUNTIME_DIR"), Program.Name);
        MakeSticky(root);
        return root;
    }

    static bool IsInitialUserNamespace()
    {
        ReadOnlySpan<char> map = Encoding.UTF8.GetString(Syscall.ReadAll("/proc/self/uid_map", MostBytes)).AsSpan().Trim();
        Span<Range> fields = stackalloc Range[4];
        int count = map.SplitAny(fields, " ", StringSplitOptions.RemoveEmptyEntries);
        return count == 3 && map[fields[0]] is "0" && map[fields[1]] is "0" && map[fields[2]] is "4294967295";
    }

    /// <summary>The sticky bit on something in XDG_RUNTIME_DIR keeps cleaners away from it (XDG base directory
    /// specification).</summary>
    static void MakeSticky(string root)
    {
        int result = Syscall.TryMkdirAt(AtFlags.AT_FDCWD, root, Mode.O700);
        try
        {
            if (result < 0 && result != -Errno.EEXIST)
            {
                throw new SyscallException("mkdir", -result, root);
            }

            Syscall.FchmodAt(AtFlags.AT_FDCWD, root, Mode.O700 | StatMode.S_ISVTX);
        }
        catch (SyscallException e)
        {
            throw new RuntimeException($"state root: {e.Call}(\"{root}\"): {IoError.Describe(e.ErrorNumber)}", e);
        }
    }
}
