using System.Collections.Generic;
using System.Text;
using OciRun.Kernel;
using OciRun.Spec;
using static OciRun.Kernel.Mode;

namespace OciRun.Planning.Validation;

/// <summary>config.md, "Process": what is executed, where, as whom.</summary>
static class ProcessRules
{
    /// <summary>A string of execve(2) is at most 32 of the smallest pages, its final NUL included.</summary>
    const int MaxString = 32 * 4096 - 1;
    /// <summary>The id that means "leave as it is" to the kernel and so can belong to nobody.</summary>
    public const uint NoId = uint.MaxValue;

    public static void Check(SpecProcess process, Rules rules)
    {
        CheckArgs(process.Args, rules);
        CheckEnv(process.Env, "env", rules);
        if (string.IsNullOrEmpty(process.Cwd))
        {
            rules.Missing("cwd");
        }
        else if (Rules.PathFault(process.Cwd) is string fault)
        {
            rules.Problem("cwd", fault);
        }

        CheckUser(process.User, rules);
        if (process.Terminal)
        {
            CheckConsole(process.ConsoleSize, rules);
        }

        if (process.OomScoreAdj is < -1000 or > 1000)
        {
            rules.Problem("oomScoreAdj", $"{process.OomScoreAdj} is out of range (-1000 to 1000)");
        }
    }

    /// <summary>Also for hooks: entries have a name and an equals sign, and fit into execve(2).</summary>
    public static void CheckEnv(List<string>? env, string path, Rules rules)
    {
        for (int i = 0; i < (env?.Count ?? 0); i++)
        {
            string entry = env![i];
            int equals = entry.IndexOf('=');
            if (equals <= 0)
            {
                rules.Problem(ConfigPath.Item(path, i), $"\"{Start(entry)}\" is not of the form NAME=value");
            }
            else if (IsTooLong(entry, out int length))
            {
                string name = Start(entry[..equals]);
                rules.Problem(ConfigPath.Item(path, i),
                    $"{name} is {length} bytes long; execve takes at most {MaxString} for one string");
            }
        }
    }

    static void CheckArgs(List<string>? args, Rules rules)
    {
        if (args is { Count: 0 })
        {
            rules.Problem("args", "args must not be empty");
            return;
        }

        if (args is null)
        {
            rules.Missing("args");
            return;
        }

        if (args[0].Length == 0)
        {
            // Engines look for the end of this message, and make exit code 127 of it.
            rules.Problem("args[0]", "empty; must name the program to execute: exec: \"\": executable file not found in $PATH");
        }

        for (int i = 0; i < args.Count; i++)
        {
            if (IsTooLong(args[i], out int length))
            {
                rules.Problem(ConfigPath.Item("args", i),
                    $"is {length} bytes long; execve takes at most {MaxString} for one string");
            }
        }
    }

    static bool IsTooLong(string text, out int length)
    {
        // A UTF-16 unit is at most three bytes of UTF-8.
        length = text.Length <= MaxString / 3 ? 0 : Encoding.UTF8.GetByteCount(text);
        return length > MaxString;
    }

    static void CheckUser(SpecUser? user, Rules rules)
    {
        if (user is null)
        {
            return;
        }

        CheckId(user.Uid, "user.uid", rules);
        CheckId(user.Gid, "user.gid", rules);
        if (user.Umask is uint umask && umask > O777)
        {
            rules.Problem("user.umask", $"{umask} is out of range (0 to 511, which is 0777)");
        }

        if (user.AdditionalGids?.Count > Limits.NGROUPS_MAX)
        {
            rules.Problem("user.additionalGids",
                $"has {user.AdditionalGids.Count} groups; the kernel takes at most {Limits.NGROUPS_MAX}");
        }

        for (int i = 0; i < (user.AdditionalGids?.Count ?? 0); i++)
        {
            if (user.AdditionalGids![i] == NoId)
            {
                CheckId(NoId, ConfigPath.Item("user.additionalGids", i), rules);
            }
        }
    }

    public static void CheckId(uint id, string path, Rules rules)
    {
        if (id == NoId)
        {
            rules.Problem(path, $"{id} can be nobody's id: to the kernel it means none");
        }
    }

    /// <summary>struct winsize of TIOCSWINSZ has 16 bits for each. Without a terminal nobody looks at it.</summary>
    static void CheckConsole(SpecBox? box, Rules rules)
    {
        if (box?.Height > ushort.MaxValue)
        {
            rules.Problem("consoleSize.height", $"{box.Height} is out of range (0 to {ushort.MaxValue})");
        }

        if (box?.Width > ushort.MaxValue)
        {
            rules.Problem("consoleSize.width", $"{box.Width} is out of range (0 to {ushort.MaxValue})");
        }
    }

    static string Start(string text) => text.Length <= 40 ? text : text[..40] + "...";
}
