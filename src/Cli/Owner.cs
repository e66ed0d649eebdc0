using System;
using System.IO;

namespace OciRun.Cli;

static class Owner
{
    /// <summary>User name of the host's /etc/passwd, or <c>#UID</c>. A static binary has no name service switch to ask.</summary>
    public static string NameOf(uint uid)
    {
        string number = uid.ToString();
        try
        {
            foreach (string line in File.ReadLines("/etc/passwd"))
            {
                string[] fields = line.Split(':', 4);
                if (fields.Length == 4 && fields[2] == number)
                {
                    return fields[0];
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "#" + number;
        }

        return "#" + number;
    }
}
