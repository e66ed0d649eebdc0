using System;
using System.Collections.Generic;
using System.Globalization;
using OciRun.Planning.Cgroups;
using OciRun.Syscalls;

namespace OciRun.Engine.Systemd;

/// <summary>The service manager, org.freedesktop.systemd1(5): transient units for containers. One instance is one exchange with
/// one deadline from connect to the last answer.</summary>
public sealed class SystemdManager : IDisposable
{
    /// <summary>A loaded host takes seconds to start a scope; beyond this something is stuck.</summary>
    public const int DefaultTimeoutMs = 30000;

    const string Name = "org.freedesktop.systemd1";
    const string Path = "/org/freedesktop/systemd1";
    const string Manager = "org.freedesktop.systemd1.Manager";
    const string UnitExists = "org.freedesktop.systemd1.UnitExists";
    const string NoSuchUnit = "org.freedesktop.systemd1.NoSuchUnit";

    readonly DBusConnection _connection;
    int _version = -1;

    SystemdManager(DBusConnection connection) => _connection = connection;

    /// <summary>Connects to the system's or the user's manager.</summary>
    public static SystemdManager Connect(bool user, int timeoutMs = DefaultTimeoutMs) =>
        Connect(BusAddress.OfSystemd(user, Environment.GetEnvironmentVariable), user, timeoutMs);

    /// <summary>Connects to the first of some sockets that answers.</summary>
    public static SystemdManager Connect(List<(string Path, bool IsBus)> sockets, bool user, int timeoutMs)
    {
        Deadline deadline = new(timeoutMs);
        string? first = null;
        foreach ((string path, bool isBus) in sockets)
        {
            try
            {
                return new SystemdManager(DBusConnection.Open(path, isBus, deadline));
            }
            catch (DBusException e)
            {
                first ??= e.Message;
            }
        }
        string who = user ? "the user's systemd" : "systemd";
        throw new RuntimeException("cannot reach " + who + " over D-Bus: " +
            (first is null ? "neither DBUS_SESSION_BUS_ADDRESS nor XDG_RUNTIME_DIR is set" : Worded(first)),
            user ? "is a user session running (loginctl enable-linger)? without --systemd-cgroup none is needed"
                : "the cgroupfs driver needs no systemd: leave out --systemd-cgroup");
    }

    /// <summary>Engines take ENOENT's usual words for a missing program of the user.</summary>
    static string Worded(string message) =>
        message.Replace("no such file or directory", "the socket does not exist", StringComparison.Ordinal);

    /// <summary>systemd's version number.</summary>
    public int Version
    {
        get
        {
            if (_version < 0)
            {
                string text = Property("Version").TrimStart('v');
                int end = 0;
                while (end < text.Length && char.IsAsciiDigit(text[end]))
                {
                    end++;
                }
                bool parsed = int.TryParse(text.AsSpan(0, end), NumberStyles.None, CultureInfo.InvariantCulture, out int number);
                _version = parsed ? number : 0;
            }
            return _version;
        }
    }

    /// <summary>The manager's own cgroup, below which its slices are; "" when that is the root.</summary>
    public string ControlGroup => Property("ControlGroup").TrimEnd('/');

    string Property(string name) => Guard("read the property " + name, () =>
    {
        DBusMessage answer = _connection.Call(Name, Path, "org.freedesktop.DBus.Properties", "Get", "ss", Manager, name);
        return answer.Body.Count == 1 && answer.Body[0] is DBusVariant { Value: string text } ? text : "";
    });

    /// <summary>Starts a transient unit and waits until systemd says that it runs. A failed unit of the same name, which systemd
    /// keeps for its records, is forgotten first.</summary>
    public void Start(string unit, IReadOnlyList<UnitProperty> properties)
    {
        List<object> list = [];
        foreach (UnitProperty property in properties)
        {
            list.Add(new List<object> { property.Name, property.Value });
        }
        Guard("start unit " + unit, () =>
        {
            Listen();
            DBusMessage answer = StartOnce(unit, list);
            if (answer.ErrorName == UnitExists)
            {
                _connection.TryCall(Name, Path, Manager, "ResetFailedUnit", "s", unit);
                answer = StartOnce(unit, list);
            }
            if (answer.Type == DBusMessageType.Error)
            {
                throw new DBusException(answer.Text + " (" + answer.ErrorName + ")");
            }
            WaitForJob(answer);
            return 0;
        });
    }

    DBusMessage StartOnce(string unit, List<object> properties) => _connection.TryCall(Name, Path, Manager, "StartTransientUnit",
        "ssa(sv)a(sa(sv))", unit, "replace", properties, new List<object>());

    /// <summary>Stops a unit, with all processes in it, and makes systemd forget it. A unit that is not there is fine.</summary>
    public void Stop(string unit) => Guard("stop unit " + unit, () =>
    {
        Listen();
        DBusMessage answer = _connection.TryCall(Name, Path, Manager, "StopUnit", "ss", unit, "replace");
        if (answer.Type == DBusMessageType.Error)
        {
            return answer.ErrorName == NoSuchUnit ? 0 : throw new DBusException(answer.Text + " (" + answer.ErrorName + ")");
        }
        WaitForJob(answer);
        _connection.TryCall(Name, Path, Manager, "ResetFailedUnit", "s", unit);
        return 0;
    });

    /// <summary>Whether a unit is there and was started with this description.</summary>
    public bool Is(string unit, string description) => Guard("look at unit " + unit, () =>
    {
        DBusMessage found = _connection.TryCall(Name, Path, Manager, "GetUnit", "s", unit);
        if (found.Type == DBusMessageType.Error)
        {
            return false;
        }
        DBusMessage answer = _connection.TryCall(Name, found.Text, "org.freedesktop.DBus.Properties", "Get", "ss",
            "org.freedesktop.systemd1.Unit", "Description");
        return answer.Body is [DBusVariant { Value: string text }] && text == description;
    });

    /// <summary>Changes properties of a running unit, until it or the host stops.</summary>
    public void SetProperties(string unit, IReadOnlyList<UnitProperty> properties)
    {
        List<object> list = [];
        foreach (UnitProperty property in properties)
        {
            list.Add(new List<object> { property.Name, property.Value });
        }
        Guard("set properties of unit " + unit, () =>
            _connection.Call(Name, Path, Manager, "SetUnitProperties", "sba(sv)", unit, true, list));
    }

    void Listen()
    {
        if (_connection.IsBus)
        {
            _connection.Call("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "AddMatch", "s",
                "type='signal',sender='" + Name + "',interface='" + Manager + "',member='JobRemoved'");
        }
    }

    /// <summary>Waits for the signal that ends a job. Only systemd itself is believed: whoever answered the call.</summary>
    void WaitForJob(DBusMessage answer)
    {
        while (true)
        {
            DBusMessage signal = _connection.NextSignal();
            if (signal is { Member: "JobRemoved", Interface: Manager, Signature: "uoss" } && signal.Sender == answer.Sender &&
                (string)signal.Body[1] == answer.Text)
            {
                string result = (string)signal.Body[3];
                if (result != "done")
                {
                    throw new DBusException("the job ended with result \"" + result + "\"");
                }
                return;
            }
        }
    }

    static T Guard<T>(string what, Func<T> exchange)
    {
        try
        {
            return exchange();
        }
        catch (DBusException e)
        {
            throw new RuntimeException("systemd: cannot " + what + ": " + Worded(e.Message));
        }
    }

    public void Dispose() => _connection.Dispose();
}
