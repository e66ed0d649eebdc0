using System;
using System.Text;

namespace OciRun.Planning.Seccomp;

/// <summary>System call numbers by name, without a dictionary: nothing is built at start-up and nothing allocated per
/// look-up.</summary>
public static class SyscallTable
{
    /// <summary>In the number tables: the architecture does not have the call.</summary>
    internal const ushort None = 0xffff;
    /// <summary>ARM's private calls start here in the tables, and at 0x0f0000 in the kernel.</summary>
    internal const ushort ArmPrivate = 0xf000;
    internal const uint ArmPrivateBase = 0x0f0000;

    /// <summary>Index of a name in the tables, or -1 when no architecture has such a call.</summary>
    internal static int IndexOf(string name)
    {
        uint hash = 2166136261;
        foreach (char c in name)
        {
            hash = unchecked((hash ^ c) * 16777619);
        }
        ReadOnlySpan<ushort> slots = SyscallNameTable.Slots;
        for (int slot = (int)(hash >> SyscallNameTable.HashShift); slots[slot] != 0; slot = (slot +
            1) & SyscallNameTable.SlotMask)
        {
            int index = slots[slot] - 1;
            if (Ascii.Equals(NameAt(index), name))
            {
                return index;
            }
        }
        return -1;
    }

    /// <summary>How many different names the tables have.</summary>
    public static int NameCount => SyscallNameTable.Count;

    /// <summary>The kernel release whose headers the tables were made from.</summary>
    public static string KernelVersion => SyscallNameTable.KernelVersion;

    /// <summary>A name, in ASCII; names are sorted.</summary>
    public static ReadOnlySpan<byte> NameAt(int index) =>
        SyscallNameTable.Blob[SyscallNameTable.Offsets[index]..SyscallNameTable.Offsets[index + 1]];

    /// <summary>The call's number as seccomp_data.nr shows it, or -1 when the architecture does not have it.</summary>
    public static long Number(string name, SeccompArchitecture architecture)
    {
        int index = IndexOf(name);
        return index < 0 ? -1 : Absolute(architecture.Numbers[index], architecture);
    }

    /// <summary>The name of a call of the binary's own architecture, or null when the table has none.</summary>
    public static string? Name(uint number) => Name(number, SeccompArchitecture.Native);

    /// <summary>The name of a number, or null when the table has none. A search through the whole table, for people's
    /// eyes.</summary>
    public static string? Name(uint number, SeccompArchitecture architecture)
    {
        ReadOnlySpan<ushort> numbers = architecture.Numbers;
        for (int i = 0; i < numbers.Length; i++)
        {
            if (Absolute(numbers[i], architecture) == number)
            {
                return Encoding.ASCII.GetString(NameAt(i));
            }
        }
        return null;
    }

    static long Absolute(ushort relative, SeccompArchitecture architecture) => relative switch
    {
        None => -1,
        >= ArmPrivate => ArmPrivateBase + (relative & 0xfffu),
        _ => architecture.Base + relative,
    };
}
