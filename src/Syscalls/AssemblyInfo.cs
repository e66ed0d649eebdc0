using System.Runtime.CompilerServices;

// Every import is blittable, so that the compiler emits direct calls without stubs: the child depends on it.
[assembly: DisableRuntimeMarshalling]
