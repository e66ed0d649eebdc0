using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace OciRun.Engine.Systemd;

/// <summary>Where to reach systemd.</summary>
public static class BusAddress
{
    const string SystemBus = "/run/dbus/system_bus_socket";
    const string SystemPrivate = "/run/systemd/private";

    /// <summary>Sockets to try in turn: the bus, and systemd's own socket, which needs no bus but root (or the user manager's
    /// owner). A system bus that the environment names is the only one: who names it means it. A session bus is not, for engines'
    /// later calls come without its name.</summary>
    /// <param name="user">The user's service manager instead of the system's.</param>
    /// <param name="variable">Reads an environment variable.</param>
    public static List<(string Path, bool IsBus)> OfSystemd(bool user, Func<string, string?> variable)
    {
        List<(string, bool)> sockets = [];
        string? runtime = variable("XDG_RUNTIME_DIR");
        string? address = variable(user ? "DBUS_SESSION_BUS_ADDRESS" : "DBUS_SYSTEM_BUS_ADDRESS");
        if (!string.IsNullOrEmpty(address))
        {
            foreach (string path in Paths(address))
            {
                sockets.Add((path, true));
            }
        }
        if (user && !string.IsNullOrEmpty(runtime))
        {
            sockets.Add((runtime + "/bus", true));
            sockets.Add((runtime + "/systemd/private", false));
        }
        else if (!user && sockets.Count == 0)
        {
            sockets.Add((SystemBus, true));
            sockets.Add((SystemPrivate, false));
        }
        return sockets;
    }

    /// <summary>The paths of an address list (D-Bus specification, "Server Addresses"); other transports are left out.</summary>
    public static List<string> Paths(string addresses)
    {
        List<string> paths = [];
        foreach (string address in addresses.Split(';'))
        {
            if (!address.StartsWith("unix:", StringComparison.Ordinal))
            {
                continue;
            }
            foreach (string pair in address["unix:".Length..].Split(','))
            {
                if (pair.StartsWith("path=", StringComparison.Ordinal) && Unescape(pair["path=".Length..]) is { } path)
                {
                    paths.Add(path);
                }
            }
        }
        return paths;
    }

    static string? Unescape(string text)
    {
        if (!text.Contains('%'))
        {
            return text;
        }
        List<byte> bytes = [];
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] != '%')
            {
                bytes.AddRange(Encoding.UTF8.GetBytes(text[i].ToString()));
            }
            else if (i + 2 < text.Length &&
                byte.TryParse(text.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte b))
            {
                bytes.Add(b);
                i += 2;
            }
            else
            {
                return null;
            }
        }
        return Encoding.UTF8.GetString(bytes.ToArray());
    }
}
