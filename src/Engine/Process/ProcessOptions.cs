using System;
using System.Collections.Generic;
using System.Globalization;
using OciRun.Engine.Commands;
using OciRun.Kernel;
using OciRun.Spec;
using OciRun.Syscalls;

namespace OciRun.Engine.Process;

/// <summary>The options of exec applied to the container's own process object.</summary>
static class ProcessOptions
{
    public static SpecProcess Apply(SpecProcess process, ExecOptions options)
    {
        if (options.Args.Count == 0)
        {
            throw new RuntimeException("process args cannot be empty: give the command after the container ID", null, 255);
        }
        process.Args = options.Args;
        process.Terminal = options.Tty;
        process.Cwd = options.Cwd ?? process.Cwd;
        process.Env = [.. process.Env ?? [], .. options.Env];
        process.ApparmorProfile = options.Apparmor ?? process.ApparmorProfile;
        process.SelinuxLabel = options.ProcessLabel ?? process.SelinuxLabel;
        process.NoNewPrivileges |= options.NoNewPrivs;
        AddCapabilities(process, options.Capabilities);
        process.User ??= new SpecUser();
        if (options.User is { } user)
        {
            SetUser(process.User, user);
        }
        foreach (string gid in options.AdditionalGids)
        {
            (process.User.AdditionalGids ??= []).Add(Id(gid, "--additional-gids"));
        }
        return process;
    }

    /// <summary>Never inheritable (CVE-2022-29162); ambient only where the container has inheritable ones.</summary>
    static void AddCapabilities(SpecProcess process, List<string> names)
    {
        if (names.Count == 0)
        {
            return;
        }
        SpecCapabilities sets = process.Capabilities ??= new SpecCapabilities();
        foreach (string given in names)
        {
            string name = given.ToUpperInvariant();
            name = name.StartsWith("CAP_", StringComparison.Ordinal) ? name : "CAP_" + name;
            if (Capabilities.Number(name) < 0)
            {
                // As those of a config (config.md, "Linux Process").
                Log.Warn("--cap: ignoring unknown capability \"" + given + "\"");
                continue;
            }
            AddOnce(sets.Bounding ??= [], name);
            AddOnce(sets.Effective ??= [], name);
            AddOnce(sets.Permitted ??= [], name);
            if (sets.Inheritable is { Count: > 0 } inheritable && inheritable.Contains(name))
            {
                AddOnce(sets.Ambient ??= [], name);
            }
        }
    }

    static void AddOnce(List<string> list, string name)
    {
        if (!list.Contains(name))
        {
            list.Add(name);
        }
    }

    /// <summary>UID or UID:GID, numbers only: a name would be looked up in a hostile file (CVE-2016-3697).</summary>
    static void SetUser(SpecUser user, string text)
    {
        int colon = text.IndexOf(':');
        user.Uid = Id(colon < 0 ? text : text[..colon], "--user");
        user.Gid = colon < 0 ? user.Gid : Id(text[(colon + 1)..], "--user");
    }

    static uint Id(string text, string option)
    {
        if (uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out uint id) && id != uint.MaxValue)
        {
            return id;
        }
        throw new RuntimeException(option + ": \"" + text + "\" is not an id: use numbers, UID or UID:GID", null, 255);
    }
}
