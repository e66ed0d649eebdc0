using System.Text;
using OciRun.Syscalls;

namespace OciRun.Cli;

static class Owner
{
    const int MostBytes = 1 << 24;

    /// <summary>User name of the host's /etc/passwd, or <c>#UID</c>. A static binary has no name service switch to ask.</summary>
    public static string NameOf(uint uid)
    {
        string number = uid.ToString();
        try
        {
            foreach (string line in Encoding.UTF8.GetString(Syscall.ReadAll("/etc/passwd", MostBytes)).Split('\n'))
            {
                string[] fields = line.Split(':', 4);
                if (fields.Length == 4 && fields[2] == number)
                {
                    return fields[0];
                }
            }
        }
        catch (SyscallException)
        {
            return "#" + number;
        }

        return "#" + number;
    }
}
