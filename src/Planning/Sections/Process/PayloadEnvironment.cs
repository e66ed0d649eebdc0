using System;
using System.Collections.Generic;
using OciRun.Spec;

namespace OciRun.Planning.Sections;

/// <summary><c>process.env</c> and what the runtime adds to it.</summary>
static class PayloadEnvironment
{
    /// <summary>The payload's environment: of entries with one name the last wins, in the first one's place; and what the runtime
    /// hands on.</summary>
    public static List<string> Of(SpecProcess process, PlanOptions options)
    {
        var result = new List<string>();
        var places = new Dictionary<string, int>();
        foreach (string entry in process.Env ?? [])
        {
            int equals = entry.IndexOf('=');
            string name = equals < 0 ? entry : entry[..equals];
            if (name == "HOME" && equals == entry.Length - 1)
            {
                continue;
            }
            if (places.TryGetValue(name, out int place))
            {
                result[place] = entry;
                continue;
            }
            places[name] = result.Count;
            result.Add(entry);
        }
        if (options.ListenFds > 0)
        {
            result.Add("LISTEN_FDS=" + options.ListenFds);
            result.Add("LISTEN_PID=1");
        }
        if (options.NotifyDirectory is not null)
        {
            result.Add("NOTIFY_SOCKET=/run/notify/notify.sock");
        }
        return result;
    }

    public static bool HasHome(List<string> env) => Value(env, "HOME").Length > 0;

    public static string Value(List<string> env, string name)
    {
        foreach (string entry in env)
        {
            if (entry.Length > name.Length && entry[name.Length] == '=' && entry.StartsWith(name, StringComparison.Ordinal))
            {
                return entry[(name.Length + 1)..];
            }
        }
        return "";
    }
}
