using System;

namespace OciRun.Spec;

// config-linux.md, "Block IO".
public static partial class ConfigReader
{
    static SpecBlockIO? BlockIO(ref JsonCursor json)
    {
        if (!json.BeginObject())
        {
            return null;
        }

        var value = new SpecBlockIO();
        while (json.NextMember(out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("weight"u8))
            {
                value.Weight = json.U16OrNull();
            }
            else if (name.SequenceEqual("leafWeight"u8))
            {
                value.LeafWeight = json.U16OrNull();
            }
            else if (name.SequenceEqual("weightDevice"u8))
            {
                value.WeightDevice = json.Objects(WeightDevice);
            }
            else if (name.SequenceEqual("throttleReadBpsDevice"u8))
            {
                value.ThrottleReadBpsDevice = json.Objects(ThrottleDevice);
            }
            else if (name.SequenceEqual("throttleWriteBpsDevice"u8))
            {
                value.ThrottleWriteBpsDevice = json.Objects(ThrottleDevice);
            }
            else if (name.SequenceEqual("throttleReadIOPSDevice"u8))
            {
                value.ThrottleReadIOPSDevice = json.Objects(ThrottleDevice);
            }
            else if (name.SequenceEqual("throttleWriteIOPSDevice"u8))
            {
                value.ThrottleWriteIOPSDevice = json.Objects(ThrottleDevice);
            }
            else
            {
                json.Skip();
            }
        }

        return value;
    }

    static SpecWeightDevice? WeightDevice(ref JsonCursor json)
    {
        if (!json.BeginObject())
        {
            return null;
        }

        uint given = 0;
        var value = new SpecWeightDevice();
        while (json.NextMember(out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("major"u8))
            {
                given |= json.Given(0);
                value.Major = json.I64();
            }
            else if (name.SequenceEqual("minor"u8))
            {
                given |= json.Given(1);
                value.Minor = json.I64();
            }
            else if (name.SequenceEqual("weight"u8))
            {
                value.Weight = json.U16OrNull();
            }
            else if (name.SequenceEqual("leafWeight"u8))
            {
                value.LeafWeight = json.U16OrNull();
            }
            else
            {
                json.Skip();
            }
        }

        json.Require(given, "major", "minor");
        return value;
    }

    static SpecThrottleDevice? ThrottleDevice(ref JsonCursor json)
    {
        if (!json.BeginObject())
        {
            return null;
        }

        uint given = 0;
        var value = new SpecThrottleDevice();
        while (json.NextMember(out ReadOnlySpan<byte> name))
        {
            if (name.SequenceEqual("major"u8))
            {
                given |= json.Given(0);
                value.Major = json.I64();
            }
            else if (name.SequenceEqual("minor"u8))
            {
                given |= json.Given(1);
                value.Minor = json.I64();
            }
            else if (name.SequenceEqual("rate"u8))
            {
                given |= json.Given(2);
                value.Rate = json.U64();
            }
            else
            {
                json.Skip();
            }
        }

        json.Require(given, "major", "minor", "rate");
        return value;
    }
}
