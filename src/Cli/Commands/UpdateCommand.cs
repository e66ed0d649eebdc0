using System;
using System.Collections.Generic;
using System.CommandLine;
using System.IO;
using OciRun.Engine;
using OciRun.Engine.Commands;
using OciRun.Spec;
using OciRun.Syscalls;

namespace OciRun.Cli.Commands;

sealed class UpdateCommand : CliCommand
{
    /// <summary>Of a file of limits: far more than any needs.</summary>
    const int MostBytes = 64 << 20;

    readonly Option<string> _resources;
    readonly Option<string> _cache;
    readonly Option<string> _bandwidth;
    readonly List<Option<string>> _limits = [];

    public UpdateCommand() : base("update", "Change the resource limits of a container.")
    {
        _resources = Value("--resources", "FILE",
            "a resources object as in config.json, - for standard input; no other option counts then", "-r");
        Limit("--memory", "SIZE", "memory limit");
        Limit("--memory-reservation", "SIZE", "memory that is kept from reclaim");
        Limit("--memory-swap", "SIZE", "memory and swap together");
        Limit("--cpu-period", "MICROSECONDS", "length of the period that the quota refers to");
        Limit("--cpu-quota", "MICROSECONDS", "CPU time in each period; -1 is no limit");
        Limit("--cpu-burst", "MICROSECONDS", "unused time that may be saved up");
        Limit("--cpu-share", "SHARES", "CPU time relative to others, 2 to 262144");
        Limit("--cpu-idle", "0|1", "run only where nothing else wants to");
        Limit("--cpu-rt-period", "MICROSECONDS", "realtime period; cgroup v2 has none");
        Limit("--cpu-rt-runtime", "MICROSECONDS", "realtime runtime; cgroup v2 has none");
        Limit("--cpuset-cpus", "LIST", "CPUs to run on, such as 0-3,7");
        Limit("--cpuset-mems", "LIST", "memory nodes to use");
        Limit("--blkio-weight", "WEIGHT", "block I/O relative to others, 10 to 1000");
        Limit("--pids-limit", "N", "number of processes; -1 is no limit");
        _cache = Value("--l3-cache-schema", "SCHEMA",
            "portions of the L3 cache, such as L3:0=f;1=f0; wants a container with linux.intelRdt");
        _bandwidth = Value("--mem-bw-schema", "SCHEMA",
            "memory bandwidth, such as MB:0=20;1=70; wants a container with linux.intelRdt");
        Value("--kernel-memory", "SIZE", "accepted for older engines and ignored", hidden: true);
        Value("--kernel-memory-tcp", "SIZE", "accepted for older engines and ignored", hidden: true);
    }

    public override string Details =>
        "What is not given stays as it is. A SIZE is bytes, or a number with k, m or g; -1 is no limit.\n" +
        "Devices are not changed.";

    public override string Examples =>
        "oci-run update --memory 512m --pids-limit 100 web\n" +
        "echo '{\"cpu\": {\"shares\": 256}}' | oci-run update --resources - web";

    public override int Run(GlobalOptions globals, string[] operands)
    {
        if (Get(_resources) is string file)
        {
            Updating.Update(globals, operands[0], Read(file));
            return 0;
        }
        Updating.Update(globals, operands[0], ResourceWords.Build(Given()), Get(_cache), Get(_bandwidth));
        return 0;
    }

    void Limit(string name, string placeholder, string description) => _limits.Add(Value(name, placeholder, description));

    List<KeyValuePair<string, string>> Given()
    {
        List<KeyValuePair<string, string>> given = [];
        foreach (Option<string> limit in _limits)
        {
            if (Get(limit) is string value)
            {
                given.Add(new(limit.Name, value));
            }
        }

        return given;
    }

    static SpecResources Read(string file)
    {
        byte[] json;
        try
        {
            using SafeFd? opened = file == "-" ? null : Syscall.Own(Syscall.TryOpenToRead(file), "open", file);
            json = Syscall.ReadAll(opened?.Value ?? Stdio.Input, MostBytes, file);
        }
        catch (SyscallException e)
        {
            throw new RuntimeException($"--resources: {e.Call}(\"{file}\"): {IoError.Describe(e.ErrorNumber)}", e);
        }

        List<ConfigProblem> problems = [];
        SpecResources? resources = ConfigReader.ReadResources(json, problems);
        string errors = "";
        foreach (ConfigProblem problem in problems)
        {
            if (problem.IsWarning)
            {
                Log.Warn("--resources: " + problem);
            }
            else
            {
                errors += (errors.Length > 0 ? "; " : "") + problem;
            }
        }

        if (errors.Length > 0 || resources is null)
        {
            throw new RuntimeException("--resources: " + errors);
        }

        return resources;
    }
}
